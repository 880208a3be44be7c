/** An app's side of the adapter for RxDB: the collection of a profile's items, what is not sent yet, leaving. */

import { createRxDatabase, getAssumedMasterState, getChangedDocumentsSince } from 'rxdb';
import type { RxCollection, RxDatabase } from 'rxdb';
import { replicateRxCollection } from 'rxdb/plugins/replication';
import type { RxReplicationState } from 'rxdb/plugins/replication';
import { getRxStorageMemory } from 'rxdb/plugins/storage-memory';
import { Service } from '../service.ts';
import type { Options } from '../service.ts';
import { itemSchema, profileReplication } from './replication.ts';
import type { Doc } from './replication.ts';

export class Career {
  readonly database: RxDatabase<{ items: RxCollection<Doc> }>;
  readonly replication: RxReplicationState<Doc, { state: string }>;

  private constructor(database: Career['database'], replication: Career['replication']) {
    this.database = database;
    this.replication = replication;
  }

  /** Opens a profile's items, and replicates them from `replication.start()` on. An app takes a storage that lasts. */
  static async open(name: string, options: Options<'mine' | 'stored'>, retryTime = 5000): Promise<Career> {
    const profile = profileReplication(new Service(options));
    const database: Career['database'] = await createRxDatabase({ name, storage: getRxStorageMemory() });
    await database.addCollections({ items: { schema: itemSchema, conflictHandler: profile.conflictHandler } });
    const replication = replicateRxCollection({ ...profile.options(database.items), autoStart: false, retryTime });
    return new Career(database, replication);
  }

  get items(): RxCollection<Doc> { return this.database.items; }

  /** The keys of the items that hold something that the service does not have yet: to be asked before leaving. */
  async unsent(): Promise<string[]> {
    const { documents } = await getChangedDocumentsSince(this.items.storageInstance, 1_000_000);
    const state = this.replication.internalReplicationState;
    const known = state ? await getAssumedMasterState(state, documents.map(({ key }) => key)) : {};
    return documents.filter((doc) => {
      const master = known[doc.key]?.docData;
      return master ? !this.items.conflictHandler.isEqual(master, doc, 'unsent') : !doc._deleted;
    }).map(({ key }) => key);
  }

  /** Removes what is on the device; what is not sent yet goes with it. */
  async leave(): Promise<void> {
    await this.replication.remove();
    await this.database.remove();
  }
}
