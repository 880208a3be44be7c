/** What an app does with openapi-fetch: `node scenario.js URL EMAIL`. Prints the word of each step that is done. */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import createClient, { type Middleware } from 'openapi-fetch';
import { career, jobs } from './career.js';
import type { components, paths } from './sdk/schema.js';

type Tokens = components['schemas']['Tokens'];
type Path = { profile_id: string };
type Answer<T> = { data?: T; error?: unknown; response: Response };

const [url, email] = process.argv.slice(2);
assert(url && email);
const password = 'Analytical1843';
let tokens: Tokens | undefined;
const authorise: Middleware = {
  onRequest({ request }) {
    if (tokens) request.headers.set('Authorization', `Bearer ${tokens.access_token}`);
  },
};
const api = createClient<paths>({ baseUrl: url });
api.use(authorise);

/** What was answered; an error where the request was refused. */
function good<T>(answer: Answer<T>): Exclude<T, undefined> {
  assert(answer.response.ok && answer.data !== undefined, JSON.stringify(answer.error));
  return answer.data as Exclude<T, undefined>;
}

function done(step: string): void {
  console.log(step);
}

async function register(): Promise<void> {
  const body = { email: email!, password, full_name: 'Ada' };
  tokens = good(await api.POST('/api/v1/auth/register', { body }));
  done('register');
}

async function create(): Promise<components['schemas']['Profile']> {
  const profile = good(await api.POST('/api/v1/profiles', { body: career }));
  assert.equal(profile.experiences[0]?.title, 'Analyst');
  assert.equal(profile.skills.languages[0]?.proficiency, 'native');
  assert.deepEqual(profile.custom_fields, career.custom_fields);
  done('create');
  return profile;
}

async function change(path: Path): Promise<void> {
  const made = good(await api.POST('/api/v1/profiles/{profile_id}/experiences', { params: { path }, body: jobs(3) }));
  assert(Array.isArray(made));
  assert.deepEqual(made.map((item) => item.title), ['Post 0', 'Post 1', 'Post 2']);
  done('bulk');

  const read = await api.GET('/api/v1/profiles/{profile_id}', { params: { path } });
  const tag = read.response.headers.get('ETag');
  assert(tag);
  const patch = (label: string) =>
    api.PATCH('/api/v1/profiles/{profile_id}', { params: { path, header: { 'If-Match': tag } }, body: { label } });
  const changed = good(await patch('Changed'));
  assert.equal(changed.label, 'Changed');
  assert.equal(changed.version, good(read).version + 1);
  done('patch');

  const stale = await patch('Late');
  assert.equal(stale.response.status, 412);
  assert.equal(stale.error?.version, changed.version);
  done('stale');

  const again = (header = {}) => api.GET('/api/v1/profiles/{profile_id}', { params: { path, header } });
  const current = (await again()).response.headers.get('ETag');
  assert.equal((await again({ 'If-None-Match': current })).response.status, 304);
  done('unchanged');

  const body = { experience_ids: made.map((item) => item.id) };
  const gone = await api.DELETE('/api/v1/profiles/{profile_id}/experiences', { params: { path }, body });
  assert.equal(gone.response.status, 204);
  done('bulk-delete');
}

async function followJob(path: Path): Promise<void> {
  const accepted = await api.POST('/api/v1/profiles/{profile_id}/experiences', { params: { path }, body: jobs(300) });
  assert.equal(accepted.response.status, 202);
  let job = good(accepted);
  assert(!Array.isArray(job));
  while (job.status === 'queued' || job.status === 'running') {
    await sleep(100);
    job = good(await api.GET('/api/v1/jobs/{job_id}', { params: { path: { job_id: job.id } } }));
  }
  assert.equal(job.status, 'succeeded');
  assert.deepEqual(job.progress, { done: 300, total: 300 });
  assert.equal(job.result?.ids?.length, 300);
  done('job');
}

async function documents(path: Path): Promise<void> {
  const body = { basics: { name: 'Ada Lovelace' }, work: [{ name: 'Engines', position: 'Analyst', startDate: '1842' }] };
  const imported = good(await api.POST('/api/v1/profiles/import', { body }));
  assert('report' in imported);
  assert(imported.report.mapped > 0);
  assert.equal(imported.profile.experiences[0]?.company, 'Engines');
  done('import');

  const from = { profile_id: imported.profile.id };
  const resume = good(await api.GET('/api/v1/profiles/{profile_id}/export/json-resume', { params: { path: from } }));
  assert.partialDeepStrictEqual(resume, { basics: { name: 'Ada Lovelace' } });
  done('export');

  const query = { format: 'pdf' } as const;
  const pdf = good(
    await api.GET('/api/v1/profiles/{profile_id}/export', { params: { path, query }, parseAs: 'arrayBuffer' }),
  );
  assert.equal(Buffer.from(pdf).subarray(0, 4).toString(), '%PDF');
  done('pdf');
}

async function refresh(): Promise<void> {
  const body = { refresh_token: tokens!.refresh_token };
  tokens = good(await api.POST('/api/v1/auth/refresh', { body }));
  assert.equal(good(await api.GET('/api/v1/auth/me')).email, email);
  done('refresh');
}

async function readProblem(path: Path): Promise<void> {
  const body = [{ title: '', company: 'Engines', start_date: 'then' }];
  const refused = await api.POST('/api/v1/profiles/{profile_id}/experiences', { params: { path }, body });
  assert.equal(refused.response.status, 422);
  assert.deepEqual(refused.error?.errors?.map((fault) => fault.pointer), ['/0/title', '/0/start_date']);
  done('problem');
}

async function synchronise(path: Path): Promise<void> {
  const { revisions } = good(await api.GET('/api/v1/profiles/{profile_id}/history', { params: { path } }));
  assert.equal(revisions.at(-1)?.version, 1);
  assert.equal(revisions[0]?.actor.kind, 'job');
  done('history');

  const pull = (query: { since?: string; limit?: number }) =>
    api.GET('/api/v1/profiles/{profile_id}/changes', { params: { path, query } });
  const all = good(await pull({ limit: 1000 }));
  assert(all.full && !all.has_more);
  const language = all.changed.find((item) => item.kind === 'languages');
  assert(language);
  done('pull');

  const { kind, id, version } = language;
  const body = { changes: [{ kind, id, base: version, set: { proficiency: 'fluent' } }] };
  const pushed = good(await api.POST('/api/v1/profiles/{profile_id}/changes', { params: { path }, body }));
  assert('results' in pushed);
  assert.equal(pushed.results[0]?.status, 'applied');
  assert.deepEqual(good(await pull({ since: all.state })).changed.map((item) => item.id), [id]);
  done('push');
}

async function remove(path: Path): Promise<void> {
  assert.equal((await api.DELETE('/api/v1/profiles/{profile_id}', { params: { path } })).response.status, 204);
  assert.equal((await api.GET('/api/v1/profiles/{profile_id}', { params: { path } })).response.status, 404);
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
