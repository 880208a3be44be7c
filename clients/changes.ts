/** What an item and a change of it are, on the device and on the wire (contract, section 8). */

export type Values = Record<string, unknown>;

/** An item as the service holds it; `data` is null where it is gone. The order of a list is an item of kind `order`. */
export interface Item { kind: string; id: string; version: number; data: Values | null }

/**
 * What a person did to an item. `base` is the version that the person saw, 0 for a new item. It `isBack` where the
 * person made it again, knowing that it was deleted: that is not asked about. `whole` is the item with the change in
 * it, for the case that it was deleted elsewhere and nobody else remembers it.
 */
export interface Change {
  kind: string; id: string; base: number; set?: Values; delete?: boolean; resolve?: 'mine';
  isBack?: boolean; whole?: Values;
}

/** By field what the person saw, what the person wants, and what is stored since somebody else changed it. */
export type Clash = Record<string, { base: unknown; yours: unknown; stored: unknown }>;

/** What is wrong with a change; `detail` is for a person, a `pointer` ends with the field. */
export interface Problem { detail?: string; errors?: { pointer?: string; code?: string; detail: string }[] }

/**
 * A change that was not stored: somebody else changed the same fields (`conflict`) or deleted the item (`isDeleted`),
 * or it is against the rules (`problem`). `stored` is the item as it is now, or was last.
 */
export interface Question {
  yours: Change; stored: Item; conflict: Clash | null; isDeleted: boolean; problem: Problem | null;
}

/** Yours holds; or what is stored does, in the fields in question; or yours stays here alone and is sent again. */
export type Decision = 'mine' | 'stored' | 'later';

/** What became of the changes of an item: the item now, which may be stored, whether the person decides later. */
export interface Outcome { item: Item; stored: Change[]; isOpen: boolean }

// The wire ------------------------------------------------------------------------------------------------------------

interface Told { kind: string; id: string; version: number; data?: Values }

/** The answer to a pull. */
export interface Page {
  changed: Told[]; deleted: Told[]; order: Record<string, string[]>;
  version: number; state: string; full: boolean; has_more: boolean;
}

/** What a push answers to one change. */
export interface Result {
  version: number | null; data: Values | null; conflict: Clash | null; deleted?: boolean; problem: Problem | null;
}

export const isRefused = ({ conflict, problem }: Result): boolean => !!(conflict || problem);

export function item(kind: string, id: string, version: number | null, data: Values | null): Item {
  const { id: _id, version: _version, ...members } = data ?? {};
  return { kind, id, version: version ?? 0, data: data && members };
}

/** The item after a change, as its result tells. */
export function itemNow(change: Change, { version, data, deleted }: Result): Item {
  const members = change.kind === 'order' && data ? { ids: data['order'] } : data;
  return item(change.kind, change.id, version, deleted ? null : members);
}

/** The change as the service reads it. */
export function wire({ isBack: _isBack, whole: _whole, ...change }: Change): object {
  return change.kind === 'order' ? { kind: change.id, base: change.base, order: change.set?.['ids'] } : change;
}
