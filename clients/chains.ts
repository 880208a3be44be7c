/**
 * Changes that wait. An item's chain is all that a person did to it since the version that its document or row is at:
 * first what was sent without an answer, then what is newer. A chain is sent as a whole, each change as it was: so the
 * service knows what it has stored already, and what the newer ones were made of.
 */

import type { Change, Item } from './changes.ts';

/** More changes in one request are a job. */
const MOST = 100;
/** A chain that is long already grows no longer: its last change takes the new one in. */
const LONG = 50;

export function append(chain: Change[], change: Change): Change[] {
  const last = chain.at(-1);
  if (chain.length < LONG || !last?.set || !change.set) return [...chain, change];
  return [...chain.slice(0, -1), { ...last, set: { ...last.set, ...change.set }, whole: change.whole ?? last.whole }];
}

/** The chains of each request. The orders of lists come last, when what they name is there. */
export function batches(chains: Change[][]): Change[][][] {
  const isOrder = ([change]: Change[]) => change?.kind === 'order';
  const made: Change[][][] = [];
  let room = 0;
  for (const chain of [...chains.filter((each) => !isOrder(each)), ...chains.filter(isOrder)]) {
    if (chain.length > room) {
      made.push([]);
      room = MOST;
    }
    made.at(-1)!.push(chain);
    room -= chain.length;
  }
  return made;
}

type IsSame = (one: unknown, other: unknown) => boolean;

/** What a person did to an item between two states of it; null for nothing. */
export function difference(before: Item | undefined, after: Item, base: number, isSame: IsSame): Change | null {
  const [{ kind, id, data }, known] = [after, before?.data];
  if (!data) return known ? { kind, id, base, delete: true } : null;
  if (!known) return { kind, id, base, set: data, ...(before && { isBack: true }) };
  const changed = Object.keys({ ...known, ...data }).filter((name) => !isSame(known[name], data[name]));
  const set = Object.fromEntries(changed.map((name) => [name, data[name] ?? null]));
  return changed.length ? { kind, id, base, set, whole: data } : null;
}
