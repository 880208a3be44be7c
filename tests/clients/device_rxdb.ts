/** A device that keeps a profile with RxDB; lines.ts has its commands. */

import { again, withMine } from '../../clients/answers.ts';
import type { Question, Values } from '../../clients/changes.ts';
import { Career } from '../../clients/rxdb/example.ts';
import { nothingOnTheWay, serve } from './lines.ts';
import type { Command, Device, Dump, Edited } from './lines.ts';

const RETRY_MILLISECONDS = 20;
const OFF_LINE = 'The device is off line.';

/** A document as it was at one time. */
type Shown = Awaited<ReturnType<Career['items']['insert']>>;

/** Two questions about one item as one: the person answers all that is asked of it. */
function together(before: Question | undefined, question: Question): Question {
  if (!before) return question;
  const set = question.yours.set && { ...before.yours.set, ...question.yours.set };
  const yours = set ? { ...question.yours, set } : question.yours;
  return { ...question, yours, conflict: question.conflict && { ...before.conflict, ...question.conflict } };
}

/** The question without the fields in which the document has something newer by now, as of an edit that was not sent. */
function open(now: Values, question: Question): Question {
  const isAsked = ([name]: [string, unknown]): boolean => {
    const [field = '', member] = name.split('.');
    const isInside = field === 'personal_info' && member;
    if (field === 'details') return true; // each level by itself, as the conflict names it
    const valueIn = (data: Values) => (isInside ? (data[field] as Values | undefined)?.[member] : data[field]) ?? null;
    return JSON.stringify(valueIn(now)) === JSON.stringify(valueIn(question.stored.data ?? {}));
  };
  return { ...question, conflict: Object.fromEntries(Object.entries(question.conflict ?? {}).filter(isAsked)) };
}

/** Whether the document is still the one that was refused, as after an answer that could not be stored here yet. */
function isAhead({ version }: { version: number }, { yours, conflict }: Question): boolean {
  return !!yours.set && !!conflict && version <= yours.base;
}

class RxDevice implements Device {
  private career?: Career;
  private opened = 0;
  private isOnLine = false;
  private accessToken = '';
  /** What the person was not asked yet, by key. */
  private readonly questions = new Map<string, Question>();
  /** The documents as the person saw them since the last `sync`, by key. */
  private shown = new Map<string, Shown>();

  async open({ url, profile, token }: Command): Promise<void> {
    await this.career?.leave();
    this.questions.clear();
    this.accessToken = token;
    const decide = async (question: Question) => {
      const key = `${question.yours.kind}|${question.yours.id}`;
      this.questions.set(key, together(this.questions.get(key), question));
      return 'stored' as const;
    };
    const options = { url, profile, token: async () => this.tokenOnLine(), decide };
    this.career = await Career.open(`career${process.pid}number${this.opened++}`, options, RETRY_MILLISECONDS);
  }

  private tokenOnLine(): string {
    if (!this.isOnLine) throw new Error(OFF_LINE);
    return this.accessToken;
  }

  private get items() { return this.career!.items; }

  async create({ kind, id, values }: Command): Promise<void> {
    await this.items.insert({ key: `${kind}|${id}`, kind, id, version: 0, data: values });
  }

  async edit({ kind, id, values }: Command): Promise<Edited> {
    const doc = await this.found(kind, id);
    return this.changed(doc.modify((now) => ({ ...now, data: { ...now.data, ...values } })));
  }

  async delete({ kind, id }: Command): Promise<Edited> {
    return this.changed((await this.found(kind, id)).remove());
  }

  /** What was made of the document that the person saw; it is stale where the service's word came in between. */
  private async changed(change: Promise<Shown>): Promise<Edited> {
    try {
      const doc = await change;
      this.shown.set(doc.key, doc);
      return { isStale: false };
    } catch (error) {
      if ((error as { code?: string }).code === 'CONFLICT') return { isStale: true };
      throw error;
    }
  }

  private async found(kind: string, id: string) {
    const key = `${kind}|${id}`;
    const doc = this.shown.get(key) ?? await this.items.findOne(key).exec();
    if (!doc) throw new Error(`${kind} ${id} is not there.`);
    return doc;
  }

  /** Lets the line to the service be there until all is in sync, or something has failed. */
  async sync(): Promise<void> {
    const { replication } = this.career!;
    let stop = (_error: Error): void => undefined;
    const failed = new Promise<never>((_, reject) => { stop = reject; });
    const watching = replication.error$.subscribe(({ message }) => { if (!message.includes(OFF_LINE)) stop(new Error(message)); });
    this.isOnLine = true;
    this.shown.clear();
    try {
      if (replication.wasStarted) replication.reSync(); else await replication.start();
      await Promise.race([this.allInSync(), failed]);
    } finally {
      this.isOnLine = false;
      watching.unsubscribe();
      await nothingOnTheWay();
    }
  }

  private async allInSync(): Promise<void> {
    do await this.career!.replication.awaitInSync(); while (this.isOnLine && (await this.career!.unsent()).length);
  }

  async token({ token }: Command): Promise<void> {
    this.accessToken = token;
  }

  /** Writes into the documents what the person wanted, as edits of what is stored now. */
  async resolve(): Promise<void> {
    for (const [key, question] of [...this.questions]) {
      const { yours, stored, isDeleted, conflict } = question;
      const doc = await this.items.findOne(key).exec();
      if (doc && isAhead(doc, question)) continue; // of what is stored; it is asked about later
      this.questions.delete(key);
      if (!conflict) continue;
      if (yours.delete) await doc?.incrementalRemove();
      else if (doc) await doc.incrementalModify((now) => ({ ...now, data: withMine(now.data, open(now.data, question)) }));
      else if (isDeleted) await this.items.insert({ ...stored, key, version: 0, data: again(question) });
    }
  }

  async dump(): Promise<Dump> {
    const items: Dump['items'] = {};
    this.shown = new Map();
    for (const doc of await this.items.find().exec()) {
      this.shown.set(doc.key, doc);
      const { kind, id, data } = doc.toJSON(); // `doc.data` takes the dot of a skill «Node.js» for a path
      (items[kind] ??= {})[id] = data;
    }
    return { items, pending: (await this.career!.unsent()).length, conflicts: [...this.questions.values()] };
  }

  async close(): Promise<void> {
    await this.career?.leave();
  }
}

await serve(new RxDevice());
