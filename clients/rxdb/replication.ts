/**
 * Replicates the items of one profile with RxDB 17, by `replicateRxCollection`: one collection holds all of them. After
 * each push what the service answers (it strips, normalises, completes, merges) goes to RxDB as the protocol's
 * «conflict», so that the document and what RxDB assumes of the master are what is stored. README.md shows the use.
 */

import { deepEqual } from 'rxdb';
import type * as Rx from 'rxdb';
import { append, difference } from '../chains.ts';
import type { Change, Item, Values } from '../changes.ts';
import type { Service } from '../service.ts';

/** An item as RxDB keeps it. The app changes `data` alone; a new item has a UUID for its id and the version 0. */
export interface Doc { key: string; kind: string; id: string; version: number; data: Values }
type Held = Rx.WithDeleted<Doc>;
type Row = Rx.RxReplicationWriteToMasterRow<Doc>;
const text = (maxLength: number) => ({ type: 'string', maxLength }) as const;
export const itemSchema: Rx.RxJsonSchema<Doc> = {
  version: 0, type: 'object', primaryKey: { key: 'key', fields: ['kind', 'id'], separator: '|' }, indexes: ['kind'],
  properties: { key: text(300), kind: text(40), id: text(255), version: { type: 'integer' }, data: { type: 'object' } },
  required: ['key', 'kind', 'id', 'version', 'data'],
};

const keyOf = ({ kind, id }: { kind: string; id: string }): string => `${kind}|${id}`;
const docOf = ({ data, ...item }: Item): Held => ({ key: keyOf(item), ...item, data: data ?? {}, _deleted: !data });
const itemOf = ({ _deleted, ...doc }: Held): Item => ({ ...doc, data: _deleted ? null : doc.data });

export function profileReplication(service: Service<'mine' | 'stored'>) {
  /** What was sent of an item whose document is still at `base`, though it may be stored; and the state it led to. */
  const sent = new Map<string, { base: number; chain: Change[]; last: Item | undefined }>();
  /** The newest that the service told of each item. RxDB passes over what comes while a document has an edit. */
  const told = new Map<string, Held>();
  const isBehind = (key: string, version: number): boolean => (told.get(key)?.version ?? 0) > version;

  const conflictHandler: Rx.RxConflictHandler<Doc> = {
    isEqual: (one, other, context) => one.version === other.version && one._deleted === other._deleted
      && deepEqual(one.data, other.data) && !(context === 'upstream-check-if-equal' && isBehind(one.key, one.version)),
    resolve: async ({ realMasterState }) => realMasterState,
  };

  function chainOf({ assumedMasterState: assumed, newDocumentState: doc }: Row): Change[] {
    const [base, before] = [assumed?.version ?? 0, sent.get(doc.key)];
    const open = before?.base === base ? before : { base, chain: [], last: assumed && itemOf(assumed) };
    const change = difference(open.last, itemOf(doc), base, deepEqual);
    const chain = change ? append(open.chain, change) : open.chain;
    sent.set(doc.key, { base, chain, last: itemOf(doc) });
    return chain;
  }

  async function push(rows: Row[]): Promise<Held[]> {
    const outcomes = await service.push(rows.map(chainOf).filter((chain) => chain.length));
    const answered = new Map(outcomes.map((outcome) => [keyOf(outcome.item), outcome]));
    return rows.flatMap(({ assumedMasterState: assumed, newDocumentState: { key } }) => {
      const [answer, open] = [answered.get(key), sent.get(key)];
      if (answer) told.set(key, docOf(answer.item));
      if (answer?.stored.length && open && answer.item.version !== open.base) open.chain = answer.stored;
      else sent.delete(key);
      return answer || isBehind(key, assumed?.version ?? 0) ? [told.get(key)!] : [];
    });
  }

  async function pull(collection: Rx.RxCollection<Doc>, since?: string) {
    const { items, state, version: until, full } = await service.pull(since);
    if (full) for (const [key, { version }] of told) if (version <= until) told.delete(key); // a push may be ahead
    const docs = items.map(docOf).filter(({ key, kind, version }) => kind === 'order' || !isBehind(key, version));
    for (const doc of docs) told.set(doc.key, doc);
    const known = full ? await collection.find({ selector: { version: { $gt: 0, $lte: until } } }).exec() : [];
    const gone = known.filter(({ key }) => !told.has(key)).map((doc) => ({ ...doc.toMutableJSON(), _deleted: true }));
    return { documents: [...docs, ...gone], checkpoint: { state } };
  }

  /** What `replicateRxCollection` takes. It is never paused: what fails then may not be sent before the next edit. */
  const options = (collection: Rx.RxCollection<Doc>): Rx.ReplicationOptions<Doc, { state: string }> => ({
    collection, replicationIdentifier: `profile-${service.options.profile}`, toggleOnDocumentVisible: false,
    pull: { batchSize: 1_000_000, handler: (since) => pull(collection, since?.state) },
    push: { batchSize: 100, handler: push },
  });
  return { conflictHandler, options };
}
