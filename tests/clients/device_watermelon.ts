/** A device that keeps a profile with WatermelonDB; lines.ts has its commands. */

import type { Decision, Question } from '../../clients/changes.ts';
import { Career } from '../../clients/watermelondb/example.ts';
import { serve } from './lines.ts';
import type { Command, Device, Dump } from './lines.ts';

type Columns = Record<string, any>;

// Standard output is for answers alone.
console.log = () => undefined;
console.warn = console.error;

class WatermelonDevice implements Device {
  private career!: Career;
  private opened = 0;
  private accessToken = '';
  /** What the person was not asked yet, and the answer to what the person holds to, by kind and id. */
  private readonly questions = new Map<string, Question>();
  private readonly mine = new Map<string, string>();

  async open({ url, profile, token }: Command): Promise<void> {
    this.questions.clear();
    this.mine.clear();
    this.accessToken = token;
    const decide = async (question: Question): Promise<Decision> => {
      const key = `${question.yours.kind} ${question.yours.id}`;
      const shown = this.mine.get(key);
      this.mine.delete(key);
      if (question.conflict && shown === JSON.stringify(question.conflict)) return 'mine';
      this.questions.set(key, question);
      return 'later';
    };
    const options = { url, profile, token: async () => this.accessToken, decide };
    this.career = new Career(`career${process.pid}number${this.opened++}`, options);
  }

  async create({ kind, id, values }: Command): Promise<void> {
    await this.career.database.write(() => this.rows(kind).create((row) => {
      row._raw.id = id;
      this.assign(row, values);
    }));
  }

  async edit({ kind, id, values }: Command): Promise<void> {
    const row = await this.rows(kind).find(id);
    await this.career.database.write(() => row.update(() => this.assign(row, values)));
  }

  async delete({ kind, id }: Command): Promise<void> {
    const row = await this.rows(kind).find(id);
    await this.career.database.write(() => row.markAsDeleted());
  }

  private rows(kind: string) {
    return this.career.database.get(this.career.tables[kind] ?? kind);
  }

  private assign(row: { _setRaw(name: any, value: any): void }, values: Columns): void {
    for (const [name, value] of Object.entries(values)) {
      const isText = value !== null && typeof value === 'object';
      row._setRaw(isText ? `${name}_json` : name, isText ? JSON.stringify(value) : value);
    }
  }

  async sync(): Promise<void> {
    this.questions.clear(); // what is still in question is asked again
    await this.career.synchronize();
  }

  async token({ token }: Command): Promise<void> {
    this.accessToken = token;
  }

  async resolve(): Promise<void> {
    for (const [key, { conflict }] of this.questions) {
      if (conflict) this.mine.set(key, JSON.stringify(conflict));
    }
  }

  async dump(): Promise<Dump> {
    const items: Dump['items'] = {};
    let pending = 0;
    for (const [kind, table] of Object.entries(this.career.tables)) {
      const rows = await this.career.database.get(table).query().fetch();
      for (const { _raw: { id, _status, _changed, ...columns } } of rows) {
        pending += Number(_status !== 'synced');
        (items[kind] ??= {})[id] = fieldsOf(columns);
      }
      pending += (await this.career.database.adapter.getDeletedRecords(table as any)).length;
    }
    return { items, pending, conflicts: [...this.questions.values()] };
  }

  async close(): Promise<void> {
    await this.career.leave();
  }
}

function fieldsOf({ version: _version, $loki: _place, ...columns }: Columns): Record<string, unknown> {
  return Object.fromEntries(Object.entries(columns).map(([name, value]) => (
    name.endsWith('_json') ? [name.slice(0, -'_json'.length), JSON.parse(value ?? 'null')] : [name, value]
  )));
}

await serve(new WatermelonDevice());
