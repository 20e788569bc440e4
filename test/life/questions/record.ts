/**
 * Records the run that docs/questions.md asks about: the reference bot, seeded, on a synthetic market, with faults.
 * Times are those of the market, and what is random (ids of spans, the machine) is written as if it were not, so that
 * the same bot gives the same lines. The page is made from the recorded lines: a bot that changes does not change it.
 *
 * Usage: node test/life/questions/record.ts     (writes test/fixtures/questions/)
 */
import { createHash } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { ProtobufLogsSerializer, ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer'
import type { ReadableLogRecord } from '@opentelemetry/sdk-logs'
import type { ReadableSpan } from '@opentelemetry/sdk-trace'
import { traceIdOf } from '../../../src/base/ids.ts'
import { syntheticMarket } from '../../../src/bot/market/synthetic.ts'
import { run } from '../../../src/bot/run.ts'
import { Timeline } from '../../../src/bot/timeline.ts'
import { profiles } from '../../../src/bot/venue/faults.ts'
import { noPipeline } from '../../../src/probe/telemetry/pipeline.ts'
import { startOn } from '../../../src/probe/telemetry/start.ts'
import { encodeLine } from '../../../src/wire/line.ts'
import { decodeLogs, decodeTraces } from '../../../src/wire/otlp-protobuf.ts'
import type { AnyValue, Attributes, WireRecord } from '../../../src/wire/record.ts'

const startNs = BigInt(Date.UTC(2026, 0, 15, 10, 30)) * 1_000_000n
const seed = 3
const durationMs = 20_000

/** The records of the run in the order they were made. */
async function recordRun(): Promise<WireRecord[]> {
  const timeline = new Timeline({ startNs })
  const made: { readonly record: ReadableLogRecord; readonly time: bigint }[] = []
  let lastNs = 0n
  // What happens at one instant of the market keeps its order.
  const nextNs = (): bigint => {
    const now = startNs + BigInt(Math.round(timeline.elapsedMs * 1e6))
    lastNs = now > lastNs ? now : lastNs + 1_000n
    return lastNs
  }
  const spans: ReadableSpan[] = []
  const done = (): Promise<void> => Promise.resolve()
  const ends = { forceFlush: done, shutdown: done }
  const telemetry = await startOn(
    () => ({
      ...noPipeline,
      logRecordProcessor: {
        ...ends,
        onEmit(record) {
          const [seconds, nanoseconds] = record.hrTime
          const own = BigInt(seconds) * 1_000_000_000n + BigInt(nanoseconds)
          // Lines and events of the bot's own have the time of the machine.
          made.push({ record, time: own < startNs + 3_600_000_000_000n ? own : nextNs() })
        },
      },
      spanProcessor: { ...ends, onStart: () => undefined, onEnd: (span) => void spans.push(span) },
    }),
    {
      serviceName: 'hedge-bot',
      runId: 'run-1',
      mode: 'paper',
      codeCommit: '3f2c1ab',
      console: false,
      exitHooks: false,
      flows: {
        liquidationDistanceMin: 0.05,
        clock: { wallNs: nextNs, monotonicMs: () => timeline.elapsedMs },
      },
    },
  )
  await run({
    market: syntheticMarket({ seed, startNs }),
    startNs,
    seed,
    faults: profiles.lively,
    durationMs,
    runId: 'r1',
    timeline,
    flows: telemetry.flows,
    logger: telemetry.logger,
  })
  await telemetry.shutdown()
  const spanBytes = ProtobufTraceSerializer.serializeRequest(spans) ?? new Uint8Array()
  const records = made.flatMap(({ record, time }) => {
    const bytes = ProtobufLogsSerializer.serializeRequest([record]) ?? new Uint8Array()
    return decodeLogs(bytes).map((one) =>
      one.signal === 'log' ? { ...one, time, observedTime: time } : one,
    )
  })
  return [...records, ...decodeTraces(spanBytes)]
}

/** Without the machine: its host and process, latencies by its own clock, where its files stand. */
function plain(record: WireRecord): WireRecord {
  const { resource } = record
  const kept = [...resource.attributes].filter(([name]) =>
    /^(?:trading\.|service\.name)/.test(name),
  )
  const own = { ...resource, attributes: new Map([...kept, ['service.instance.id', 'run-1']]) }
  const attributes = plainAttributes(record.attributes)
  if (record.signal !== 'span') return { ...record, attributes, resource: own }
  const events = record.events.map((event) => ({
    ...event,
    // What is no event of a flow has the time of the machine.
    time: event.time > record.end ? record.end : event.time,
    attributes: plainAttributes(event.attributes),
  }))
  return { ...record, attributes, events, resource: own }
}

function plainAttributes(attributes: Attributes): Attributes {
  const kept = new Map<string, AnyValue>()
  for (const [name, value] of attributes) {
    if (name === 'trading.signal.detection_latency_ms') kept.set(name, 12.4)
    else if (name === 'exception.stacktrace' && typeof value === 'string') {
      kept.set(name, plainStack(value))
    } else kept.set(name, value)
  }
  return kept
}

function plainStack(stack: string): string {
  const [first = '', ...rest] = stack.split('\n')
  const frames = rest.filter((line) => line.includes('/src/bot/')).slice(0, 2)
  const plainFrames = frames.map((line) =>
    line.replace(/\(?(?:file:\/\/)?\/\S*\/src\/bot\//, '(src/bot/').replace(/:\d+:\d+\)?$/, ')'),
  )
  return [first, ...plainFrames].join('\n')
}

/** Lines whose random ids are counted instead. Ids that follow from a correlation id stay. */
function counted(lines: readonly string[]): string[] {
  const fixed = new Set(Array.from({ length: 100 }, (_, task) => traceIdOf(`r1-t${task}`)))
  const ids = new Map<string, string>()
  return lines.map((line) =>
    line.replaceAll(/\b(?:[0-9a-f]{16}|[0-9a-f]{32})\b/g, (id) => {
      if (fixed.has(id) || /^\d+$/.test(id)) return id
      let own = ids.get(id)
      if (own === undefined) {
        const hash = createHash('sha256').update(`id ${ids.size}`).digest('hex')
        own = hash.slice(0, id.length)
        ids.set(id, own)
      }
      return own
    }),
  )
}

const records = (await recordRun()).map(plain)
const lines = counted(records.map(encodeLine))
const folder = join(import.meta.dirname, '../../fixtures/questions')
mkdirSync(folder, { recursive: true })
for (const [name, signal] of [
  ['events', 'log'],
  ['spans', 'span'],
] as const) {
  const own = lines.filter((_, index) => records[index]?.signal === signal)
  writeFileSync(join(folder, `${name}.jsonl.gz`), gzipSync(`${own.join('\n')}\n`, { level: 9 }))
}
