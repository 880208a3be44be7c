/** What a person's answers to questions make of a change: what holds, what is left, and what the item is then. */

import { item } from './changes.ts';
import type { Change, Clash, Question, Result, Values } from './changes.ts';

/**
 * What is known of skills, with one side of a conflict in it; what others have not changed stays. The level of Node.js
 * is `details.node.js.level` there, without case.
 */
function detailed(known: unknown, conflict: Clash, side: 'base' | 'yours'): Values {
  const made = { ...(known as Record<string, Values>) };
  for (const [name, values] of Object.entries(conflict)) {
    const [, skill, member] = /^details\.(.*)\.(\w+)$/s.exec(name) ?? [];
    if (!member) continue;
    const key = Object.keys(made).find((each) => each.normalize().toLowerCase() === skill) ?? skill!;
    made[key] = { ...made[key], [member]: values[side] };
  }
  return made;
}

/** What is left of a change without the fields that others changed too; nothing where all of it was refused. */
export function without(change: Change, { conflict, deleted }: Result): Change[] {
  if (!change.set || !conflict || deleted) return [];
  const set = { ...change.set };
  for (const name of Object.keys(conflict)) {
    const [field = '', member] = name.split('.');
    const { [member ?? '']: _asked, ...others } = (set[field] ?? {}) as Values;
    if (field === 'details') set[field] = detailed(change.set[field], conflict, 'base');
    else if (field === 'personal_info' && Object.keys(others).length) set[field] = others;
    else delete set[field];
  }
  return Object.keys(set).length ? [{ ...change, set }] : [];
}

/** A change that holds against what the person was shown, and not against what came later. Its other fields merge. */
export function held(change: Change, result: Result): Change[] {
  const shown = { ...change, base: result.version ?? change.base };
  if (!change.set) return [shown];
  if (result.deleted) {
    // As it was last, with the change in it: a new item for the service, unless somebody has brought it back.
    const set = { ...change.whole, ...item(change.kind, change.id, 0, result.data).data, ...change.set };
    const again = { ...change, base: result.version ?? 0, set };
    return [result.version || change.base ? again : { ...again, resolve: 'mine' }]; // or they are asked for ever
  }
  const [set, conflict]: [Values, Clash] = [{}, result.conflict ?? {}];
  for (const name of Object.keys(conflict)) {
    const [field = '', member] = name.split('.');
    const value = change.set[field];
    const isInside = field === 'personal_info' && member;
    if (field === 'details') set[field] = detailed(result.data?.[field], conflict, 'yours');
    else set[field] = isInside ? { ...(set[field] as Values), [member]: (value as Values)[member] } : value;
  }
  return [...without(change, result), { ...shown, set }];
}

/** The texts that are there, without those that the person took away, with those that the person added. */
function mergedTexts(before: unknown, yours: unknown[], now: unknown[]): unknown[] {
  const known = Array.isArray(before) ? before : [];
  const added = yours.filter((text) => !known.includes(text) && !now.includes(text));
  return [...now.filter((text) => yours.includes(text) || !known.includes(text)), ...added];
}

/** An item that was deleted, to be made again: as it was last, where anybody remembers that, with yours. */
export function again(question: Question): Values {
  return withMine({ ...question.yours.whole, ...question.stored.data }, question);
}

/** An item's fields as they are by now, with yours in the fields in question: the edit of a person who holds to it. */
export function withMine(now: Values, { conflict }: Question): Values {
  const made = { ...now };
  for (const [name, { base, yours }] of Object.entries(conflict ?? {})) {
    const [field = '', member] = name.split('.');
    const there = made[field];
    if (field === 'personal_info' && member) made[field] = { ...(there as Values), [member]: yours };
    else if (Array.isArray(yours) && Array.isArray(there)) made[field] = mergedTexts(base, yours, there);
    else made[field] = field === 'details' ? detailed(there, conflict!, 'yours') : yours;
  }
  return made;
}
