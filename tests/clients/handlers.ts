/** Calls the adapters' handlers as the libraries do, in orders that can't be brought about from outside. */

import assert from 'node:assert/strict';
import type { Change } from '../../clients/changes.ts';
import { Career as RxCareer } from '../../clients/rxdb/example.ts';
import { profileReplication } from '../../clients/rxdb/replication.ts';
import { Service } from '../../clients/service.ts';
import { Career as WatermelonCareer } from '../../clients/watermelondb/example.ts';
import { profileSync } from '../../clients/watermelondb/sync.ts';

const [trial, url = '', token = '', profile = '', id = ''] = process.argv.slice(2);
const options = { url, profile, token: async () => token, decide: async () => 'stored' as const };
const elsewhere = new Service(options);
const kind = 'experiences';
console.log = () => undefined;

async function changeElsewhere(base: number, title: string): Promise<void> {
  const change: Change = { kind, id, base, set: { title } };
  await elsewhere.push([[change]]);
}

const trials: Record<string, () => Promise<void>> = {
  /** RxDB passes over what comes while a document has an edit; then the edit is taken back, so that nothing is sent. */
  async passedOver() {
    const { items } = await RxCareer.open('passedover', options);
    const { conflictHandler, options: optionsOf } = profileReplication(new Service(options));
    const { pull, push } = optionsOf(items);
    const first = await pull!.handler(undefined, 100);
    const before = first.documents.find((doc) => doc.id === id)!;
    assert(conflictHandler.isEqual(before, before, 'upstream-check-if-equal'));
    await changeElsewhere(before.version, 'Countess');
    await pull!.handler(first.checkpoint, 100);
    assert(!conflictHandler.isEqual(before, before, 'upstream-check-if-equal'));
    const [now] = await push!.handler([{ assumedMasterState: before, newDocumentState: before }]);
    assert.equal(now?.data['title'], 'Countess');
    assert.deepEqual(await push!.handler([{ assumedMasterState: now, newDocumentState: now! }]), []);
  },

  /** The service strips a value; the app ends before the next pull, and the person edits the same field again. */
  async echoed() {
    const { items } = await RxCareer.open('echoed', options);
    const { pull } = profileReplication(new Service(options)).options(items);
    const before = (await pull!.handler(undefined, 100)).documents.find((doc) => doc.id === id)!;
    let last = before;
    for (const title of [' Countess ', ' Duchess ']) {
      const { push } = profileReplication(new Service({ ...options, decide: () => assert.fail() })).options(items);
      const after = { ...last, data: { ...last.data, title } };
      const [now] = await push!.handler([{ assumedMasterState: last, newDocumentState: after }]);
      assert.equal(now?.data['title'], title.trim());
      assert(now.version > last.version);
      last = now;
    }
  },

  /** An answer to a pull that was long on its way comes after that to a push. */
  async overtaken() {
    const { items } = await RxCareer.open('overtaken', options);
    const { pull, push } = profileReplication(new Service(options)).options(items);
    const first = await pull!.handler(undefined, 100);
    const before = first.documents.find((doc) => doc.id === id)!;
    await changeElsewhere(before.version, 'Countess');
    const really = globalThis.fetch;
    globalThis.fetch = async (address, request) => {
      const answer = await really(address, request);
      globalThis.fetch = really;
      const after = { ...before, data: { ...before.data, location: 'London' } };
      await push!.handler([{ assumedMasterState: before, newDocumentState: after }]);
      return answer;
    };
    const late = await pull!.handler(first.checkpoint, 100);
    assert(!late.documents.some((doc) => doc.id === id));
    const [last] = (await pull!.handler(late.checkpoint, 100)).documents;
    assert.deepEqual([last?.data['title'], last?.data['location']], ['Countess', 'London']);
  },

  /** The answer to the first pull was made before a push, and comes after it: what was pushed is not gone. */
  async firstPullLate() {
    const { items } = await RxCareer.open('firstpulllate', options);
    const { pull, push } = profileReplication(new Service(options)).options(items);
    const gone = (await pull!.handler(undefined, 100)).documents.find((doc) => doc.id === id)!;
    const made = { ...gone, key: `${kind}|${crypto.randomUUID()}`, version: 0 };
    made.id = made.key.split('|')[1]!;
    const really = globalThis.fetch;
    globalThis.fetch = async (address, request) => {
      const answer = await really(address, request);
      globalThis.fetch = really;
      const [stored] = await push!.handler([{ newDocumentState: made }]);
      await push!.handler([{ assumedMasterState: gone, newDocumentState: { ...gone, _deleted: true } }]);
      const { _deleted, ...values } = stored!;
      await items.insert(values);
      return answer;
    };
    const late = await pull!.handler(undefined, 100);
    assert.deepEqual(late.documents.filter((doc) => doc.kind === kind), []);
    const next = await pull!.handler(late.checkpoint, 100);
    const told = next.documents.filter((doc) => doc.kind === kind).map((doc) => [doc.key, doc._deleted]);
    assert.deepEqual(new Map(told as [string, boolean][]), new Map([[made.key, false], [gone.key, true]]));
  },

  /** WatermelonDB may end before it has stored what was pulled, and asks with the number that it had before. */
  async askedAgain() {
    const { database, tables } = new WatermelonCareer('askedagain', options);
    const { pullChanges } = profileSync(database, new Service(options), tables);
    const asked = { schemaVersion: 1, migration: null as any };
    const titles = async (lastPulledAt?: number) => {
      const { changes, timestamp } = await pullChanges({ ...asked, ...(lastPulledAt && { lastPulledAt }) }) as any;
      assert(Number.isInteger(timestamp) && timestamp > (lastPulledAt ?? 0));
      return [timestamp, changes[kind].updated.map((row: { title: string }) => row.title)];
    };
    const [first, all] = await titles();
    assert.equal(all.length, 1);
    await changeElsewhere((await elsewhere.pull()).items.find((item) => item.id === id)!.version, 'Baroness');
    assert.deepEqual((await titles(first))[1], ['Baroness']);
    const [second, again] = await titles(first);
    assert.deepEqual(again, ['Baroness']);
    assert.deepEqual((await titles(second))[1], []);
  },

  /** What nobody is asked about may be stored, though its answer was lost: it stays apart from what is decided later. */
  async postponed() {
    const { items } = await elsewhere.pull();
    const base = items.find((item) => item.id === id)!.version;
    await changeElsewhere(base, 'Countess');
    const later = new Service({ ...options, decide: async () => 'later' as const });
    const change: Change = { kind, id, base, set: { title: 'Duchess', location: 'London' } };
    const next: Change = { kind, id, base, set: { location: 'Paris' } };
    const refused: Change = { kind, id, base, set: { title: 'Baroness' } };
    const [outcome] = await later.push([[change, refused, next]]);
    assert.deepEqual(outcome!.stored, [{ ...change, set: { location: 'London' } }, next]);
    assert(outcome!.isOpen);
  },
};

await trials[trial!]!();
process.exit(0);
