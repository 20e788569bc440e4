import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { stringify } from 'yaml'
import { images, missing } from './engine.ts'
import { resource, send } from './flows.ts'
import { sampled } from './sampled.ts'
import { eventually, startChanged } from './stack.ts'
import type { Stack } from './stack.ts'

/** Stands where Tempo would: takes spans over gRPC and writes them down. */
const sink = {
  receivers: { otlp: { protocols: { grpc: { endpoint: '0.0.0.0:4317' } } } },
  exporters: { file: { path: '/out/kept.jsonl' } },
  service: { pipelines: { traces: { receivers: ['otlp'], exporters: ['file'] } } },
}

type Kind = 'fine' | 'error' | 'slow' | 'hedge' | 'unwound' | 'position' | 'last'

const counts = {
  fine: 1000,
  error: 100,
  slow: 100,
  hedge: 100,
  unwound: 100,
  position: 50,
} as const
/** Trace ids say what they are of, and are the same on each run: so is what the sampler makes of them. */
const traceIdOf = (kind: Kind, index: number): string =>
  createHash('sha256').update(`${kind} ${index}`).digest('hex').slice(0, 32)

const error = { code: 2 }

function spansOf(kind: Kind, index: number): object[] {
  const traceId = traceIdOf(kind, index)
  const end = BigInt(Date.now()) * 1_000_000n
  const lastsNs = kind === 'slow' ? 3_000_000_000n : 200_000_000n
  const span = (name: string, id: string, more: object = {}): object => ({
    traceId,
    spanId: id,
    name,
    kind: 1,
    startTimeUnixNano: String(end - lastsNs),
    endTimeUnixNano: String(end),
    status: {},
    ...more,
  })
  const root = traceId.slice(0, 16)
  const outcome = kind === 'hedge' || kind === 'unwound' ? 'unwound' : 'opened'
  if (kind === 'position') return [span('position', root)]
  return [
    span('signal', root, {
      attributes: [{ key: 'trading.flow.outcome', value: { stringValue: outcome } }],
      status: kind === 'error' || kind === 'last' ? error : {},
    }),
    span('hedge', traceId.slice(16), {
      parentSpanId: root,
      status: kind === 'hedge' ? error : {},
    }),
  ]
}

/** The traces in a file of a Collector, with the number of spans of each. */
function tracesIn(path: string): Map<string, number> {
  const found = new Map<string, number>()
  if (!existsSync(path)) return found
  for (const [, id = ''] of readFileSync(path, 'utf8').matchAll(/"traceId":"([0-9a-f]{32})"/g)) {
    found.set(id, (found.get(id) ?? 0) + 1)
  }
  return found
}

function sentOf(kind: Exclude<Kind, 'last'>): string[] {
  return Array.from({ length: counts[kind] }, (_, index) => traceIdOf(kind, index))
}

describe.skipIf(missing('collector'))('tail sampling, switched on as the comment says', () => {
  let stack: Stack
  let folder: string
  const kinds = Object.keys(counts) as (keyof typeof counts)[]
  const kept = (): Map<string, number> => tracesIn(join(folder, 'kept.jsonl'))

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'fillpath-sampling-'))
    writeFileSync(join(folder, 'collector.yaml'), sampled())
    writeFileSync(join(folder, 'sink.yaml'), stringify(sink))
    stack = await startChanged(
      {
        'otel-collector': {
          volumes: [`${join(folder, 'collector.yaml')}:/etc/otelcol-contrib/config.yaml:ro`],
          environment: { TEMPO_OTLP: 'sink:4317' },
        },
        sink: {
          image: images.collector,
          command: ['--config', '/out/sink.yaml'],
          user: '0:0',
          networks: ['telemetry'],
          volumes: [`${folder}:/out`],
        },
      },
      'otel-collector',
    )
    const collector = stack.url('otel-collector')
    const post = (spans: readonly object[]): Promise<void> => {
      const scopeSpans = [{ scope: { name: 'fillpath' }, spans }]
      const resourceSpans = [{ resource: resource('bot-sampled'), scopeSpans }]
      return send(collector, 'traces', JSON.stringify({ resourceSpans }))
    }
    for (const kind of kinds) {
      await post(sentOf(kind).flatMap((_, index) => spansOf(kind, index)))
    }
    // What is decided last: when it is there, all the others are decided.
    await post(spansOf('last', 0))
    await eventually(
      () => Promise.resolve(kept().has(traceIdOf('last', 0))),
      (isThere) => isThere,
      240_000,
    )
    for (let before = -1, now = kept().size; now !== before;) {
      await sleep(2000)
      before = now
      now = kept().size
    }
  }, 600_000)

  afterAll(async () => {
    await stack?.stop()
    rmSync(folder, { recursive: true, force: true })
  }, 600_000)

  test('[X36] every flow with an error, a failed hedge or an unwind, each slow one and each position is kept', () => {
    const there = kept()
    const lost = kinds
      .filter((kind) => kind !== 'fine')
      .map((kind) => [kind, sentOf(kind).filter((id) => !there.has(id)).length])
    expect(Object.fromEntries(lost)).toEqual({
      error: 0,
      slow: 0,
      hedge: 0,
      unwound: 0,
      position: 0,
    })
  })

  test('[X36] of the rest one in ten is kept, whole', () => {
    const there = kept()
    const fine = sentOf('fine').filter((id) => there.has(id))
    // 1,000 draws of 10 %: four deviations to each side.
    expect(fine.length).toBeGreaterThan(60)
    expect(fine.length).toBeLessThan(140)
    expect(fine.filter((id) => there.get(id) !== 2)).toEqual([])
  })

  test('[X36] the files keep all', () => {
    const all = tracesIn(join(stack.folder, 'traces.jsonl'))
    expect(kinds.flatMap(sentOf).filter((id) => !all.has(id))).toEqual([])
  })
})
