/**
 * A device as a process: one command a line of standard input, one answer a line of standard output, both JSON. What it
 * keeps lasts until `close`, or until it is opened once more.
 */

import { createInterface } from 'node:readline';
import type { Question } from '../../clients/changes.ts';

export interface Command {
  do: 'open' | 'create' | 'edit' | 'delete' | 'sync' | 'token' | 'dump' | 'resolve' | 'close';
  url: string;
  profile: string;
  token: string;
  kind: string;
  id: string;
  values: Record<string, unknown>;
  /** Of `sync`: what the person does while the first push is on its way. */
  meanwhile?: Command[];
}

export interface Dump {
  items: Record<string, Record<string, Record<string, unknown>>>;
  pending: number;
  conflicts: Question[];
}

/** Whether nothing was done, as the item has changed since the person saw it. */
export interface Edited { isStale: boolean }

export interface Device {
  open(command: Command): Promise<void>;
  create(command: Command): Promise<void>;
  edit(command: Command): Promise<Edited | void>;
  delete(command: Command): Promise<Edited | void>;
  sync(command: Command): Promise<void>;
  token(command: Command): Promise<void>;
  resolve(): Promise<void>;
  dump(): Promise<Dump>;
  close(): Promise<void>;
}

const send = globalThis.fetch;
const onTheWay = new Set<Promise<Response>>();

/** Waits for the ends of all requests, good or bad, and for what a library does about them at once. */
export async function nothingOnTheWay(): Promise<void> {
  do {
    await Promise.allSettled(onTheWay);
    await new Promise(setImmediate);
  } while (onTheWay.size);
}

/** The answer with its body: one whose body is still to come is on its way. */
async function answerTo(...request: Parameters<typeof fetch>): Promise<Response> {
  const answer = await send(...request);
  const body = await answer.arrayBuffer();
  return new Response(body.byteLength ? body : null, answer);
}

/** Carries out commands until `close` or the end of input. What fails is answered, and ends nothing. */
export async function serve(device: Device): Promise<void> {
  for await (const line of createInterface({ input: process.stdin })) {
    const command = JSON.parse(line) as Command;
    let answer: object;
    globalThis.fetch = async (address, options) => {
      const request = answerTo(address, options);
      onTheWay.add(request);
      const response = await request.finally(() => onTheWay.delete(request));
      if (options?.method === 'POST') {
        for (const each of command.meanwhile?.splice(0) ?? []) await device[each.do](each);
      }
      return response;
    };
    try {
      answer = { ok: true, ...(await device[command.do](command) as object | undefined) };
    } catch (error) {
      answer = { ok: false, error: String(error instanceof Error ? error.message : error) };
    }
    process.stdout.write(`${JSON.stringify(answer)}\n`);
    if (command.do === 'close') break;
  }
  process.exit(0);
}
