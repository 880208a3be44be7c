/** Reads and sends the changes of one profile. Both adapters, for RxDB and for WatermelonDB, talk through this. */

import { held, without } from './answers.ts';
import { batches } from './chains.ts';
import { isRefused, item, itemNow, wire } from './changes.ts';
import type { Change, Decision, Item, Outcome, Page, Question, Result } from './changes.ts';
const [REQUEST_MILLISECONDS, TRIES] = [60_000, 3];

export interface Options<Answer extends Decision> {
  /** Such as `https://api.example.com/api/v1`. */
  url: string;
  profile: string;
  /** A valid access token; a new one where `renew` says that the last one was refused. */
  token: (renew: boolean) => Promise<string>;
  /** Decides before anything that was typed is given up. If it throws, the changes are sent again next time. */
  decide: (question: Question) => Promise<Answer>;
}

export class Service<Answer extends Decision = Decision> {
  readonly options: Options<Answer>;
  constructor(options: Options<Answer>) { this.options = options; }

  /** What changed since a state, up to a version. What a `full` one does not name is gone, unless it is newer. */
  async pull(since?: string): Promise<{ items: Item[]; state: string; version: number; full: boolean }> {
    const items = new Map<string, Item>();
    for (let state = since, full = !since; ;) {
      const page = await this.call<Page>(`?limit=1000${state ? `&since=${encodeURIComponent(state)}` : ''}`);
      if (!page) return this.pull(); // the state is older than what is kept
      if (page.full) items.clear();
      for (const { kind, id, version, data } of [...page.changed, ...page.deleted]) {
        items.set(`${kind} ${id}`, item(kind, id, version, data ?? null));
      }
      const { order, version } = page;
      for (const [id, ids] of Object.entries(order)) items.set(`order ${id}`, item('order', id, version, { ids }));
      [state, full] = [page.state, full || page.full];
      if (!page.has_more) return { items: [...items.values()], state, version, full };
    }
  }

  /** Sends the chains of items; what became of each, in any order. */
  async push(chains: Change[][]): Promise<Outcome[]> {
    const outcomes: Outcome[] = [];
    for (const batch of batches(chains)) {
      const answer = await this.call<{ results: Result[] }>('', { changes: batch.flat().map(wire) });
      for (const chain of batch) outcomes.push(await this.settle(chain, answer!.results.splice(0, chain.length)));
    }
    return outcomes;
  }

  private async settle(chain: Change[], results: Result[]): Promise<Outcome> {
    const place = results.findIndex(isRefused);
    const [yours, result] = [chain.at(place)!, results.at(place)!]; // the last where none was refused
    const now = itemNow(yours, result);
    if (place < 0) return { item: now, stored: chain, isOpen: false };
    const { conflict, problem, deleted: isDeleted = false } = result;
    const question = { yours, stored: itemNow(yours, { ...result, deleted: false }), conflict, isDeleted, problem };
    const decision = isDeleted && yours.isBack ? 'mine' : await this.options.decide(question);
    const [past, rest] = [chain.slice(0, place), without(yours, result)];
    const taken = chain.filter((_, at) => at > place && !isRefused(results[at]!)); // to be sent again as they were
    if (decision === 'later') return { item: now, stored: [...past, ...rest, ...taken], isOpen: true };
    const all = [...past, ...(decision === 'mine' && conflict ? held(yours, result) : rest), ...chain.slice(place + 1)];
    return all.length ? (await this.push([all]))[0]! : { item: now, stored: [], isOpen: false };
  }

  /** The answer, null where it is 410. A refused token is renewed once; a busy service is asked again when it says. */
  private async call<Body>(query: string, body?: object): Promise<Body | null> {
    const { url, profile, token } = this.options;
    for (let tries = 1, renew = false; ; tries++) {
      const headers = { Authorization: `Bearer ${await token(renew)}`, 'Content-Type': 'application/json' };
      const sent = { headers, signal: AbortSignal.timeout(REQUEST_MILLISECONDS) };
      const request = body ? { ...sent, method: 'POST', body: JSON.stringify(body) } : sent;
      const answer: Response = await fetch(`${url}/profiles/${profile}/changes${query}`, request);
      if (answer.ok || answer.status === 410) return answer.ok ? (await answer.json() as Body) : null;
      const isBusy = answer.status === 429 || answer.status === 503;
      if (tries > TRIES || !(isBusy || (answer.status === 401 && !renew))) throw new Error(await answer.text());
      renew = answer.status === 401;
      if (isBusy) await new Promise((go) => setTimeout(go, 1000 * Number(answer.headers.get('Retry-After') ?? 1)));
    }
  }
}
