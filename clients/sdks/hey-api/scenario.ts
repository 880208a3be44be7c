/** What an app does with the SDK of hey-api: `node scenario.js URL EMAIL`. Prints the word of each step that is done. */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { career, jobs } from './career.js';
import { client } from './sdk/client.gen.js';
import * as api from './sdk/index.js';

type Answer<T> = { data: T; error?: unknown; response?: Response };

const [url, email] = process.argv.slice(2);
assert(url && email);
const password = 'Analytical1843';
let tokens: api.Tokens;
client.setConfig({ baseUrl: url, auth: () => tokens.access_token });

/** What was answered; an error where the request was refused. */
function good<T>(answer: Answer<T>): Exclude<T, undefined> {
  assert(answer.response?.ok && answer.data !== undefined, JSON.stringify(answer.error));
  return answer.data as Exclude<T, undefined>;
}

function done(step: string): void {
  console.log(step);
}

async function register(): Promise<void> {
  tokens = good(await api.authRegister({ body: { email: email!, password, full_name: 'Ada' } }));
  done('register');
}

async function create(): Promise<api.Profile> {
  const profile = good(await api.profilesCreate({ body: career }));
  assert.equal(profile.experiences[0]?.title, 'Analyst');
  assert.equal(profile.skills.languages[0]?.proficiency, 'native');
  assert.deepEqual(profile.custom_fields, career.custom_fields);
  done('create');
  return profile;
}

async function change(path: { profile_id: string }): Promise<void> {
  const made = good(await api.experiencesBulkCreate({ path, body: jobs(3) }));
  assert(Array.isArray(made));
  assert.deepEqual(made.map((item) => item.title), ['Post 0', 'Post 1', 'Post 2']);
  done('bulk');

  const read = await api.profilesRetrieve({ path });
  const tag = read.response?.headers.get('ETag');
  assert(tag);
  const body = { label: 'Changed' };
  const changed = good(await api.profilesPartialUpdate({ path, body, headers: { 'If-Match': tag } }));
  assert.equal(changed.label, 'Changed');
  assert.equal(changed.version, good(read).version + 1);
  done('patch');

  const stale = await api.profilesPartialUpdate({ path, body: { label: 'Late' }, headers: { 'If-Match': tag } });
  assert.equal(stale.response?.status, 412);
  assert.equal(stale.error?.version, changed.version);
  done('stale');

  const current = (await api.profilesRetrieve({ path })).response?.headers.get('ETag');
  assert(current);
  const same = await api.profilesRetrieve({ path, headers: { 'If-None-Match': current } });
  assert.equal(same.response?.status, 304);
  done('unchanged');

  const experience_ids = made.map((item) => item.id);
  const gone = await api.experiencesBulkDelete({ path, body: { experience_ids } });
  assert.equal(gone.response?.status, 204);
  done('bulk-delete');
}

async function followJob(path: { profile_id: string }): Promise<void> {
  const accepted = await api.experiencesBulkCreate({ path, body: jobs(300) });
  assert.equal(accepted.response?.status, 202);
  let job = good(accepted);
  assert(!Array.isArray(job));
  while (job.status === 'queued' || job.status === 'running') {
    await sleep(100);
    job = good(await api.jobsRetrieve({ path: { job_id: job.id } }));
  }
  assert.equal(job.status, 'succeeded');
  assert.deepEqual(job.progress, { done: 300, total: 300 });
  assert.equal(job.result?.ids?.length, 300);
  done('job');
}

async function documents(path: { profile_id: string }): Promise<void> {
  const body = { basics: { name: 'Ada Lovelace' }, work: [{ name: 'Engines', position: 'Analyst', startDate: '1842' }] };
  const imported = good(await api.profilesImport({ body }));
  assert('report' in imported);
  assert(imported.report.mapped > 0);
  assert.equal(imported.profile.experiences[0]?.company, 'Engines');
  done('import');

  const resume = good(await api.profilesExportJsonResume({ path: { profile_id: imported.profile.id } }));
  assert(typeof resume === 'object' && 'basics' in resume);
  assert.partialDeepStrictEqual(resume, { basics: { name: 'Ada Lovelace' } });
  done('export');

  const pdf = good(await api.profilesExport({ path, query: { format: 'pdf' } }));
  assert(pdf instanceof Blob);
  assert.equal(await pdf.slice(0, 4).text(), '%PDF');
  done('pdf');
}

async function refresh(): Promise<void> {
  tokens = good(await api.authRefresh({ body: { refresh_token: tokens.refresh_token } }));
  assert.equal(good(await api.authMeRetrieve()).email, email);
  done('refresh');
}

async function readProblem(path: { profile_id: string }): Promise<void> {
  const refused = await api.experiencesBulkCreate({ path, body: [{ title: '', company: 'Engines', start_date: 'then' }] });
  assert.equal(refused.response?.status, 422);
  assert.deepEqual(refused.error?.errors?.map((fault) => fault.pointer), ['/0/title', '/0/start_date']);
  done('problem');
}

async function synchronise(path: { profile_id: string }): Promise<void> {
  const { revisions } = good(await api.profilesHistory({ path }));
  assert.equal(revisions.at(-1)?.version, 1);
  assert.equal(revisions[0]?.actor.kind, 'job');
  done('history');

  const all = good(await api.profilesChanges({ path, query: { limit: 1000 } }));
  assert(all.full && !all.has_more);
  const language = all.changed.find((item) => item.kind === 'languages');
  assert(language);
  done('pull');

  const edit = { kind: language.kind, id: language.id, base: language.version, set: { proficiency: 'fluent' } };
  const pushed = good(await api.profilesPush({ path, body: { changes: [edit] } }));
  assert('results' in pushed);
  assert.equal(pushed.results[0]?.status, 'applied');
  const next = good(await api.profilesChanges({ path, query: { since: all.state } }));
  assert.deepEqual(next.changed.map((item) => item.id), [language.id]);
  done('push');
}

async function remove(path: { profile_id: string }): Promise<void> {
  assert.equal((await api.profilesDelete({ path })).response?.status, 204);
  assert.equal((await api.profilesRetrieve({ path })).response?.status, 404);
  done('delete');
}

await register();
const path = { profile_id: (await create()).id };
await change(path);
await followJob(path);
await documents(path);
await refresh();
await readProblem(path);
await synchronise(path);
await remove(path);
