/** An app's side of the adapter for WatermelonDB: tables for some kinds of items, synchronising, leaving. */

import { randomUUID } from 'node:crypto';
import { appSchema, Database, Model, tableSchema } from '@nozbe/watermelondb';
import type { ColumnSchema } from '@nozbe/watermelondb';
import LokiJSAdapter from '@nozbe/watermelondb/adapters/lokijs/index.js';
import { hasUnsyncedChanges, synchronize } from '@nozbe/watermelondb/sync/index.js';
import { setGenerator } from '@nozbe/watermelondb/utils/common/randomId/index.js';
import { Service } from '../service.ts';
import type { Options } from '../service.ts';
import { profileSync } from './sync.ts';

/** Columns that may be null: a boolean where the name begins with `is_`, else a text. */
function columns(...names: string[]): ColumnSchema[] {
  return names.map((name) => ({ name, type: name.startsWith('is_') ? 'boolean' : 'string', isOptional: true }));
}

const version: ColumnSchema = { name: 'version', type: 'number' };
const schema = appSchema({
  version: 1,
  tables: [
    tableSchema({
      name: 'experiences',
      columns: [version, ...columns(
        'title', 'company', 'location', 'start_date', 'end_date', 'is_current', 'description',
        'achievements_json', 'technologies_json', 'employment_type', 'industry',
      )],
    }),
    tableSchema({
      name: 'projects',
      columns: [version, ...columns('name', 'description', 'technologies_json', 'url', 'start_date', 'end_date')],
    }),
    tableSchema({ name: 'languages', columns: [version, ...columns('name', 'proficiency')] }),
    tableSchema({
      name: 'profiles',
      columns: [version, ...columns('label', 'professional_summary', 'personal_info_json')],
    }),
    tableSchema({ name: 'technical_skills', columns: [version, ...columns('names_json', 'details_json')] }),
    tableSchema({ name: 'orders', columns: [version, ...columns('ids_json')] }),
  ],
});

class Experience extends Model { static override table = 'experiences'; }
class Project extends Model { static override table = 'projects'; }
class Language extends Model { static override table = 'languages'; }
class Profile extends Model { static override table = 'profiles'; }
class TechnicalSkills extends Model { static override table = 'technical_skills'; }
class Order extends Model { static override table = 'orders'; }

const TABLES = {
  experiences: 'experiences', projects: 'projects', languages: 'languages', profile: 'profiles', order: 'orders',
  'skills.technical': 'technical_skills',
};

// Node hands over the whole module, bundlers its default.
const LokiAdapter = (LokiJSAdapter as unknown as { default?: typeof LokiJSAdapter }).default ?? LokiJSAdapter;

// The service's ids are UUIDs; WatermelonDB's own are not.
setGenerator(() => randomUUID());

export class Career {
  readonly database: Database;
  readonly tables: Record<string, string> = TABLES;
  private readonly service: Service;

  constructor(name: string, options: Options<'mine' | 'stored' | 'later'>) {
    const adapter = new LokiAdapter({ dbName: name, schema, useWebWorker: false, useIncrementalIndexedDB: true });
    const modelClasses = [Experience, Project, Language, Profile, TechnicalSkills, Order];
    this.database = new Database({ adapter, modelClasses });
    this.service = new Service(options);
  }

  synchronize(): Promise<void> {
    return synchronize({ database: this.database, ...profileSync(this.database, this.service, TABLES) });
  }

  /** Whether something is not sent yet: to be asked before leaving. */
  hasUnsent(): Promise<boolean> {
    return hasUnsyncedChanges({ database: this.database });
  }

  /** Removes what is on the device, the service's states too; what is not sent yet goes with it. */
  leave(): Promise<void> {
    return this.database.write(() => this.database.unsafeResetDatabase());
  }
}
