/**
 * A stage for tests of the shipper: a real spool in a folder of its own, real receivers, and an account that knows of each
 * record what went in and what came out.
 *
 * A record is one line of text, `<signal> <class> <number> <padding>`, and the padding follows from the number, so that a
 * changed payload is found out. It stands where each signal has text: body, span name, metric name.
 */
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { destinationOf, signals } from '../src/probe/ship/endpoint.ts'
import type { Destination, DestinationOptions } from '../src/probe/ship/endpoint.ts'
import type { FilesDestination } from '../src/probe/ship/files-destination.ts'
import type { ShipNotice } from '../src/probe/ship/notice.ts'
import type { AnyDestination } from '../src/probe/ship/plan.ts'
import type { ShipperOptions } from '../src/probe/ship/shipper.ts'
import { Shipper } from '../src/probe/ship/shipper.ts'
import type { Tuning } from '../src/probe/ship/tuning.ts'
import { quarantineFolder } from '../src/probe/spool/place.ts'
import { openReader } from '../src/probe/spool/reader.ts'
import { openSpool } from '../src/probe/spool/spool.ts'
import type { Spool, SpoolOptions } from '../src/probe/spool/spool.ts'
import type { PriorityClass } from '../src/semconv/classes.ts'
import { beginMessage, endMessage, writeString } from '../src/wire/encode/target.ts'
import type { Target } from '../src/wire/encode/target.ts'
import { decodeQuarantined, readFrame } from '../src/wire/frame.ts'
import type { QuarantineNote, Signal } from '../src/wire/frame.ts'
import { decodeLogs, decodeMetrics, decodeTraces } from '../src/wire/otlp-protobuf.ts'
import type { AnyValue } from '../src/wire/record.ts'
import { segmentHeaderBytes } from '../src/wire/segment.ts'
import { StubCollector, rpcStatus } from './stub-collector.ts'
import type { Behaviour, StubOptions, StubRequest } from './stub-collector.ts'

/** Times short enough for tests; nothing in a test waits for the defaults. */
export const quick: Partial<Tuning> = {
  lingerMs: 5,
  filesLingerMs: 5,
  lookMs: 5,
  retryMs: 5,
  retryMaxMs: 40,
  slowRetryMs: 20,
  slowRetryMaxMs: 40,
  retryAfterMaxMs: 50,
  saveMs: 20,
  reportMs: 50,
  restartMs: 20,
}

/** The text of a record. */
export function textOf(signal: Signal, recordClass: PriorityClass, number: number): string {
  return `${signal} ${recordClass} ${number} ${'x'.repeat((number * 7919) % 300)}`
}

/** The number in a text; undefined when the text is not what that number makes. */
export function numberOf(text: string): number | undefined {
  const [signal, recordClass, number] = text.split(' ')
  const made = textOf(signal as Signal, recordClass as PriorityClass, Number(number))
  return text === made ? Number(number) : undefined
}

/** The texts of a request. */
export function textsOf({ path, body }: Pick<StubRequest, 'path' | 'body'>): string[] {
  if (path.endsWith('/v1/logs')) return decodeLogs(body).map((record) => textOfBody(record.body))
  if (path.endsWith('/v1/traces')) return decodeTraces(body).map(({ name }) => name)
  return decodeMetrics(body).map(({ name }) => name)
}

function textOfBody(body: AnyValue): string {
  if (typeof body === 'string') return body
  throw new Error('a record came back without its text')
}

/** Writes the body of a `LogRecord`, `Span` or `Metric` that holds nothing but the text. */
export function encodeText(target: Target, signal: Signal, text: string): void {
  switch (signal) {
    case 'log': {
      const body = beginMessage(target, 0x2a)
      writeString(target, 0x0a, text)
      endMessage(target, body)
      return
    }
    case 'span':
      writeString(target, 0x2a, text)
      return
    case 'metric': {
      writeString(target, 0x0a, text)
      const gauge = beginMessage(target, 0x2a)
      endMessage(target, beginMessage(target, 0x0a))
      endMessage(target, gauge)
    }
  }
}

/** What a receiver got. */
export class Account {
  /** Text → how often it came. */
  readonly received = new Map<string, number>()
  /** Texts in the order they came in, first arrivals only. */
  readonly order: string[] = []

  take(request: StubRequest): void {
    for (const text of textsOf(request)) {
      const count = this.received.get(text) ?? 0
      this.received.set(text, count + 1)
      if (count === 0) this.order.push(text)
    }
  }

  get duplicates(): number {
    let count = 0
    for (const times of this.received.values()) count += times - 1
    return count
  }
}

/** A receiver with its account. */
export interface Desk {
  readonly stub: StubCollector
  readonly account: Account
}

/** Everything a test of the shipper needs, cleaned up by {@link Stage.close}. */
export class Stage {
  readonly folder = mkdtempSync(join(tmpdir(), 'fillpath-ship-'))
  readonly notices: ShipNotice[] = []
  /** Texts that the spool accepted. */
  readonly accepted = new Set<string>()
  readonly #spoolOptions: Partial<SpoolOptions>
  readonly #open: { stop(): Promise<unknown> }[] = []
  #spool: Spool | undefined
  #origin = 0
  #number = 0

  constructor(spoolOptions: Partial<SpoolOptions> = {}) {
    this.#spoolOptions = spoolOptions
  }

  /** The spool, opened at first use; again after {@link closeSpool}, as by the next start of a bot. */
  get spool(): Spool {
    if (!this.#spool) {
      this.#spool = openSpool({
        folder: this.folder,
        segmentBytesMax: 32 * 1024,
        reserveBytes: 0,
        onNotice: () => undefined,
        ...this.#spoolOptions,
      })
      const none = new Uint8Array(0)
      this.#origin = this.#spool.origin({ resource: none, scope: none })
    }
    return this.#spool
  }

  async closeSpool(): Promise<void> {
    await this.#spool?.close()
    this.#spool = undefined
  }

  /** Emits `count` records, numbered on; returns their texts. */
  emit(
    count: number,
    kind: { signal?: Signal; class?: PriorityClass; text?: (plain: string) => string } = {},
  ): string[] {
    const { signal = 'log', class: recordClass = 'normal' } = kind
    const texts: string[] = []
    const { spool } = this
    for (let done = 0; done < count; done += 1) {
      const plain = textOf(signal, recordClass, this.#number)
      const text = kind.text?.(plain) ?? plain
      this.#number += 1
      const room = spool.begin(recordClass, this.#origin)
      encodeText(room, signal, text)
      if (!spool.commit(room, signal)) continue
      this.accepted.add(text)
      texts.push(text)
      // As in a bot: what is emitted in one turn is written in one go, and a segment ends between two.
      if (done % 50 === 49) spool.flushSync()
    }
    spool.flushSync()
    return texts
  }

  async desk(options: StubOptions = {}): Promise<Desk> {
    const account = new Account()
    const stub = await StubCollector.start({
      ...options,
      taken(request) {
        account.take(request)
        options.taken?.(request)
      },
    })
    this.#open.push({ stop: () => stub.close() })
    return { stub, account }
  }

  destination(desk: Desk, options: Partial<DestinationOptions> = {}): Destination {
    return destinationOf({ url: desk.stub.url, timeoutMs: 60_000, ...options }, 'test')
  }

  /** Files below the folder of the stage. */
  files(options: Partial<FilesDestination['files']> = {}): FilesDestination {
    const files = {
      folder: join(this.folder, 'files'),
      timeZone: 'UTC',
      fileMax: 1024 * 1024,
      dataMax: undefined,
      diskFreeMin: 0,
      snapshotsEvery: 1,
      archiveAfterDays: 0,
      deleteAfterDays: 0,
      categories: [],
      ...options,
    }
    return { name: files.folder, files, signals }
  }

  /** Ships to these receivers, in this thread. */
  ship(destinations: readonly AnyDestination[], options: Partial<ShipperOptions> = {}): Shipper {
    const shipper = new Shipper({
      place: this.spool.place,
      onNotice: (notice) => this.notices.push(notice),
      onSpoolNotice: () => undefined,
      onFailure: (error) => {
        throw error
      },
      ...options,
      destinations,
      tuning: { ...quick, ...options.tuning },
    })
    this.#open.push({ stop: () => shipper.stop(0) })
    return shipper
  }

  codes(): string[] {
    return this.notices.map(({ code }) => code)
  }

  /** What was put aside, oldest first. */
  quarantine(): { readonly note: QuarantineNote; readonly bytes: Uint8Array }[] {
    return quarantineOf(this.folder)
  }

  /** Records that wait on disk for a channel, those of other signals among them. */
  waiting(channel: string): number {
    const reader = openReader({ place: this.spool.place, destinations: [channel], readOnly: true })
    const { records } = reader.waiting(channel)
    reader.close()
    return records
  }

  /** Names of the segments on disk. */
  segments(): string[] {
    const names = readdirSync(this.folder, { recursive: true, encoding: 'utf8' })
    return names.filter((name) => name.endsWith('.seg') && !name.startsWith(quarantineFolder))
  }

  async close(): Promise<void> {
    for (const each of this.#open.splice(0).reverse()) await each.stop()
    await this.closeSpool()
    rmSync(this.folder, { recursive: true, force: true })
  }
}

/** What was put aside in a spool folder, oldest first. */
export function quarantineOf(folder: string): { note: QuarantineNote; bytes: Uint8Array }[] {
  const found: { note: QuarantineNote; bytes: Uint8Array }[] = []
  const path = join(folder, quarantineFolder)
  let names: string[] = []
  try {
    names = readdirSync(path)
  } catch {
    return []
  }
  for (const name of names) {
    const bytes = readFileSync(join(path, name))
    for (let at = segmentHeaderBytes; at < bytes.length;) {
      const { frame } = readFrame(bytes, at)
      const entry = frame && decodeQuarantined(frame.payload)
      if (!frame || !entry) throw new Error(`${name} is damaged at ${at}`)
      found.push(entry)
      at = frame.end
    }
  }
  return found
}

/** A receiver that answers 400 to every request with a text in it that `isPoison`. */
export function refusing(isPoison: (text: string) => boolean): (request: StubRequest) => Behaviour {
  return (request) =>
    textsOf(request).some(isPoison)
      ? { status: 400, body: rpcStatus('this record is poison') }
      : 'accept'
}

/** Waits until `condition` holds; the test's own time limit is the only one. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5))
}
