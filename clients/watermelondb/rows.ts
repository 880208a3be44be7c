/**
 * Rows of WatermelonDB as items of the service. A table holds the items of a kind: a column for each field that the app
 * shows, one named `…_json` for a field that is a list or an object, and the number `version`, which is the adapter's.
 */

import { Q } from '@nozbe/watermelondb';
import type { Database, DirtyRaw, RawRecord, TableSchema } from '@nozbe/watermelondb';
import { sanitizedRaw } from '@nozbe/watermelondb/RawRecord/index.js';
import type { SyncTableChangeSet } from '@nozbe/watermelondb/sync/index.js';
import { append } from '../chains.ts';
import type { Change, Item, Values } from '../changes.ts';

export type Row = RawRecord & { [column: string]: any };

/** An item as `synchronize` takes it. */
export function dirtyRow({ id, version, data }: Item): DirtyRaw {
  const texts = Object.entries(data ?? {}).map(([name, value]) => [`${name}_json`, JSON.stringify(value)]);
  return { ...data, ...Object.fromEntries(texts), id, version };
}

/** The row of an item that is as the service holds it. */
export function syncedRow(item: Item, table: TableSchema): Row {
  return sanitizedRaw({ ...dirtyRow(item), _status: 'synced', _changed: '' }, table);
}

/** What `synchronize` is to do to a table by what the service told of its kind; to rows without an edit alone. */
export async function remoteChanges(
  database: Database, table: string, told: Item[], isFull: boolean,
): Promise<SyncTableChangeSet> {
  const named = new Set(told.filter(({ data }) => !!data === isFull).map(({ id }) => id));
  const synced = await database.get(table).query(Q.where('_status', 'synced')).fetchIds();
  const updated = told.filter(({ data }) => data).map(dirtyRow);
  return { created: [], updated, deleted: synced.filter((id) => named.has(id) !== isFull) };
}

/** The rows of a table with what the person did to them, those that are marked as deleted too. */
export async function localRows(database: Database, table: string, changes: SyncTableChangeSet): Promise<Row[]> {
  const gone = database.get(table).query(Q.where('id', Q.oneOf(changes.deleted)));
  gone.description = gone._rawDescription; // else a query passes over them
  return [...changes.created, ...changes.updated, ...await gone.unsafeFetchRaw()] as Row[];
}

/** What a row has in these columns, by the field. WatermelonDB's own columns are none of the table's. */
function fieldsOf(row: Row, columns: string[], table: TableSchema): [name: string, value: unknown][] {
  const fields = columns.filter((name) => name in table.columns && name !== 'version');
  return fields.map((name) => (
    name.endsWith('_json') ? [name.slice(0, -'_json'.length), JSON.parse(row[name] || 'null')] : [name, row[name]]
  ));
}

/** What is sent of a row: the changes that were sent before and not answered, and what the person did since. */
export function chainOf(row: Row, kind: string, table: TableSchema, before: Change[] = []): Change[] {
  const change: Change = { kind, id: row.id, base: row['version'] };
  const chain = before[0]?.base === change.base ? before : [];
  if (row._status === 'deleted') return chain.at(-1)?.delete ? chain : append(chain, { ...change, delete: true });
  const told: Values = Object.assign({}, ...chain.map(({ set }) => set));
  const columns = row._status === 'created' ? Object.keys(table.columns) : row._changed.split(',');
  const isNew = (name: string, value: unknown) => JSON.stringify(told[name]) !== JSON.stringify(value);
  const news = fieldsOf(row, columns, table).filter((field) => isNew(...field));
  if (!news.length) return chain;
  const whole = Object.fromEntries(fieldsOf(row, Object.keys(table.columns), table));
  return append(chain, { ...change, set: Object.fromEntries(news), whole });
}
