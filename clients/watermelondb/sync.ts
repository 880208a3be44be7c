/**
 * Synchronises the items of one profile with WatermelonDB 0.28, by `synchronize`. A row with an edit stays as it is
 * until the service has answered, so that each change goes with the version that the person saw, and becomes what is
 * stored then: the service strips, normalises, completes and merges. README.md shows the use.
 */

import type { Database } from '@nozbe/watermelondb';
import type * as Sync from '@nozbe/watermelondb/sync/index.js';
import type { Change, Outcome } from '../changes.ts';
import type { Service } from '../service.ts';
import { chainOf, localRows, remoteChanges, syncedRow } from './rows.ts';
import type { Row } from './rows.ts';

type Tables = Record<string, Sync.SyncTableChangeSet>;

/** What `synchronize` takes beside the database; `tables` names the table of each kind. */
export function profileSync(database: Database, service: Service, tables: Record<string, string>) {
  const { localStorage: storage, adapter, schema } = database;

  /** Brings a row to what is stored: whether that was done. It waits where the person went on, or decides later. */
  async function take(table: string, sent: Row, { item, isOpen }: Outcome): Promise<boolean> {
    const [rows, stored] = [database.get(table), item.data && syncedRow(item, schema.tables[table]!)];
    if (isOpen || (sent._status === 'deleted' && !stored)) return !isOpen;
    if (sent._status === 'deleted') {
      await adapter.destroyDeletedRecords(table, [item.id]);
      await database.batch(rows.prepareCreateFromDirtyRaw(stored!));
      return true;
    }
    const row = await rows.find(item.id).catch(() => null);
    if (!row || JSON.stringify(row._raw) !== JSON.stringify(sent)) return false;
    await (stored ? row.update(() => { row._raw = stored; }) : row.destroyPermanently());
    return true;
  }

  /** The service's state is a text, WatermelonDB's a number. Two are kept, as what was pulled may not get stored. */
  const pullChanges: Sync.SyncArgs['pullChanges'] = async ({ lastPulledAt, migration }) => {
    const [last, states] = [lastPulledAt ?? 0, await storage.get<Record<number, string>>('profile.states')];
    const since = migration ? undefined : states?.[last]; // new tables and columns are filled from all that there is
    const { items, state, full } = await service.pull(since);
    await storage.set('profile.states', { [last]: since, [last + 1]: state });
    const changes: Tables = {};
    for (const [kind, table] of Object.entries(tables)) {
      changes[table] = await remoteChanges(database, table, items.filter((item) => item.kind === kind), full);
    }
    return { changes: changes as Sync.SyncDatabaseChangeSet, timestamp: last + 1 };
  };

  const pushChanges: Sync.SyncArgs['pushChanges'] = async ({ changes }) => {
    const sent = (await storage.get<Record<string, Change[]>>('profile.sent')) ?? {};
    const pushed: Record<string, { table: string; row: Row; chain: Change[] }> = {};
    const rejected: Record<string, string[]> = {};
    for (const [kind, table] of Object.entries(tables)) {
      for (const row of await localRows(database, table, (changes as Tables)[table]!)) {
        const key = `${kind} ${row.id}`;
        const chain = sent[key] = chainOf(row, kind, schema.tables[table]!, sent[key]);
        if (chain.length) pushed[key] = { table, row, chain };
      }
    }
    await storage.set('profile.sent', sent); // the answer may be lost
    const outcomes = await service.push(Object.values(pushed).map(({ chain }) => chain));
    await database.write(async () => {
      for (const outcome of outcomes) {
        const [key, { id, data }] = [`${outcome.item.kind} ${outcome.item.id}`, outcome.item];
        const { table, row } = pushed[key]!;
        const isTaken = await take(table, row, outcome);
        sent[key] = isTaken ? [] : outcome.stored;
        if (!isTaken || (row._status === 'deleted' && data)) (rejected[table] ??= []).push(id);
      }
    });
    await storage.set('profile.sent', sent);
    return { experimentalRejectedIds: rejected as Sync.SyncRejectedIds };
  };

  /** A row with an edit keeps the version that the person saw; the push brings it to what is stored by then. */
  const conflictResolver: Sync.SyncArgs['conflictResolver'] = (_table, local, _remote, resolved) => (
    local['_status'] === 'synced' ? resolved : local
  );
  return { pullChanges, pushChanges, conflictResolver, sendCreatedAsUpdated: true };
}
