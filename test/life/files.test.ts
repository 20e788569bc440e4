import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { start } from '../../src/index.ts'
import { decodeLine } from '../../src/wire/line.ts'
import type { WireRecord } from '../../src/wire/record.ts'
import { startDesk } from '../../src/desk/desk.ts'
import { deskSettings } from '../../src/desk/settings.ts'
import { readSettings } from '../../src/wire/settings.ts'
import { run } from '../commands/cli.ts'
import { door, patient, runChild } from '../probe/telemetry/child.ts'

const program = join(import.meta.dirname, '../fixtures/files/bot.ts')

// Processes that start and die, on a machine that does other things too.
const manyMinutesMs = 900_000

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fillpath-files-'))
})
afterEach(() => {
  rmSync(folder, { recursive: true, force: true })
})

/** The lines of each file below `path`, by its name without the day. */
function filesIn(path: string): Map<string, string[]> {
  const files = new Map<string, string[]>()
  for (const name of readdirSync(path, { recursive: true, encoding: 'utf8' })) {
    if (!/\.(jsonl|log|json|chain)$/.test(name)) continue
    const kind = name.replace(/_\d{8}/, '')
    const lines = readFileSync(join(path, name), 'utf8').split('\n').slice(0, -1)
    files.set(kind, [...(files.get(kind) ?? []), ...lines])
  }
  return files
}

function recordsIn(path: string, kind: string): WireRecord[] {
  return (filesIn(path).get(kind) ?? []).map(decodeLine)
}

/** A task with a flow of an order, its book, a call of the venue, and an error with its stack. */
const trading = `
  const { flows, logger, events } = telemetry
  const log = logger('bot')
  const task = flows.task({ taskId: '7f3a' })
  task.started()
  await task.run(async () => {
    task.snapshot('task_created', { binance: { bids: [['2', '1']], asks: [['2.1', '1']] } })
    const signal = task.signal({ symbol: 'BTC/USDT', side: 'buy', strategy: 'atr' })
    await signal.run(async () => {
      log.info('the spread is wide enough', { spread: 12.5 })
      log.event('api_request', 'Asked', { venue: 'binance' })
      log.event('latency_high', 'Slow', { 'trading.duration_ms': 812 })
      const order = signal.order({ venue: 'binance', side: 'buy', type: 'limit', quantity: '1', price: '2' })
      order.submitted()
      order.accepted({ orderId: '881' })
      order.filled({ execId: 'f1', price: '2', quantity: '1', liquidity: 'maker' })
      log.error('it failed', new Error('boom'))
    })
    signal.opened({ positionId: 'p1' })
  })
  task.completed()
`

test('[A10, A13-A20, B04-B07, C04] a bot without a desk writes the files of one: general, errors and structured ones apart', async () => {
  const files = join(folder, 'logs')
  const child = await runChild(
    `
    import { start } from ${JSON.stringify(door)}
    const telemetry = await start({ files: ${JSON.stringify(files)}, console: { level: 'error' } })
    ${trading}
    await telemetry.shutdown()`,
    { env: { ...patient, FILLPATH_CATEGORIES: 'btc: trading.symbol=BTC/* event=trading.order.*' } },
  )
  // No receiver is there, and nobody misses one.
  expect(child).toMatchObject({ code: 0, stderr: '' })
  const found = filesIn(files)
  expect([...found.keys()].sort()).toEqual(
    [
      'categories/btc.jsonl',
      'logs/bot.log',
      'logs/errors.log',
      ...['api', 'events', 'orders', 'performance', 'signals'].map((kind) => `logs/${kind}.jsonl`),
      'logs/events.jsonl.chain',
      'metrics/metrics.jsonl',
      'metrics/metrics.jsonl.chain',
      ...['events.jsonl', 'orderbooks.jsonl', 'summary.json'].map((name) => `tasks/7f3a/${name}`),
      'traces/spans.jsonl',
      'traces/spans.jsonl.chain',
    ].sort(),
  )
  // For people: every line but snapshots in one, errors with their stack in another.
  const general = (found.get('logs/bot.log') ?? []).join('\n')
  expect(general).toMatch(/ INFO {2}bot the spread is wide enough .*trace=[0-9a-f]{32}$/m)
  expect(general).toMatch(/ ERROR bot it failed .*trace=/)
  const errors = found.get('logs/errors.log') ?? []
  expect(errors[0]).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} ERROR bot it failed/)
  expect(errors[1]).toMatch(/^ {4}Error: boom$/)
  expect(errors.join('\n')).not.toContain('spread')
  // For machines: each record whole.
  const names = recordsIn(files, 'logs/events.jsonl').map((record) =>
    record.signal === 'log' ? record.eventName || record.body : '',
  )
  expect(names).toEqual(
    expect.arrayContaining(['trading.run.started', 'it failed', 'trading.order.filled']),
  )
  expect(names.at(-1)).toBe('trading.run.ended')
  expect(found.get('logs/api.jsonl')).toHaveLength(1)
  expect(
    recordsIn(files, 'categories/btc.jsonl').map(
      (record) => record.signal === 'log' && record.eventName,
    ),
  ).toEqual(['trading.order.submitted', 'trading.order.accepted', 'trading.order.filled'])
})

test('[A65, A67, B27, B28, X17] each command reads the folder as that of a desk', async () => {
  const files = join(folder, 'logs')
  await runChild(
    `
    import { start } from ${JSON.stringify(door)}
    const telemetry = await start({ files: { folder: ${JSON.stringify(files)} }, console: false })
    ${trading}
    await telemetry.shutdown()`,
    { env: patient },
  )
  const at = ['--data', files] as const
  const [verified, traced, tailed, asked, imported, cleaned] = [
    await run(['verify', files]),
    await run(['trace', '881', ...at]),
    await run(['tail', '--no-follow', ...at]),
    await run(['query', 'timeline', '7f3a', ...at]),
    await run(['import', '--all', ...at]),
    await run(['clean', '--dry-run', ...at]),
  ]
  expect(verified).toMatchObject({ code: 0, stderr: '' })
  expect(verified.stdout).toContain(': whole')
  expect(traced.code).toBe(0)
  expect(traced.stdout).toContain('filled @ 2')
  expect(tailed.code).toBe(0)
  expect(tailed.stdout).toContain('the spread is wide enough')
  expect(asked.code).toBe(0)
  expect(asked.stdout).toContain('order.filled')
  expect(imported.code).toBe(0)
  expect(cleaned).toMatchObject({ code: 0, stdout: '' })
})

interface Life {
  readonly told: number[]
  readonly signal: NodeJS.Signals | null
}

/** One life of the bot; it is killed when `isToDie` holds of how many numbers it has told. */
async function live(
  from: number,
  to: number,
  isToDie: (count: number) => boolean = () => false,
): Promise<Life> {
  const child = spawn(process.execPath, [program, folder, String(from), String(to)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let text = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk
    if (isToDie(text.split('\n').length - 1)) child.kill('SIGKILL')
  })
  const [, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null]
  return { told: text.split('\n').slice(0, -1).map(Number), signal }
}

test(
  '[D05, P2, P12, X17] a bot that is killed again and again: each record once in its files, and the chain holds',
  async () => {
    const told: number[] = []
    const perLife = 2_000
    const lives = 3
    for (let life = 0; life < lives; life += 1) {
      const from = life * perLife
      const { told: some, signal } = await live(
        from,
        from + perLife,
        (count) => count > 150 + life * 300,
      )
      expect(signal).toBe('SIGKILL')
      told.push(...some)
    }
    const last = await live(lives * perLife, lives * perLife + 50)
    expect(last.signal).toBe(null)
    told.push(...last.told)
    const files = join(folder, 'files')
    const logs = recordsIn(files, 'logs/events.jsonl')
    const spans = recordsIn(files, 'traces/spans.jsonl')
    for (const [kind, records] of [
      ['signal', spans],
      ['trading.signal.detected', logs],
    ] as const) {
      const times = new Map<unknown, number>()
      for (const record of records) {
        const name = record.signal === 'log' ? record.eventName : record.name
        const id = record.attributes.get('trading.correlation_id')
        if (name === kind) times.set(id, (times.get(id) ?? 0) + 1)
      }
      expect(told.filter((number) => times.get(`sig_${number}`) !== 1)).toEqual([])
    }
    const ids = [...logs, ...spans].map(({ attributes }) => attributes.get('fillpath.record.id'))
    expect(new Set(ids).size).toBe(ids.length)
    const points = filesIn(files).get('metrics/metrics.jsonl') ?? []
    expect(points.length).toBeGreaterThan(100)
    expect(new Set(points).size).toBe(points.length)
    expect(await run(['verify', files])).toMatchObject({ code: 0 })
  },
  manyMinutesMs,
)

test(
  '[X40] what a killed bot did not write comes into its files without it, by the command that status names',
  async () => {
    const files = join(folder, 'files')
    const spool = join(folder, 'spool')
    // Killed before its first checkpoint, which comes after a second: its manifest says where the records go.
    const { signal, told } = await live(0, 100_000, (count) => count > 200)
    expect(signal).toBe('SIGKILL')
    const status = await run(['status', '--spool', spool])
    expect(status.code).toBe(1)
    expect(status.stdout).toContain(`fillpath spool drain --spool ${spool} --to ${files}`)
    const drained = await run(['spool', 'drain', '--spool', spool, '--to', files])
    expect(drained.code, drained.stderr).toBe(0)
    expect(drained.stdout).toContain(`sent to ${files} in `)
    expect(await run(['status', '--spool', spool])).toMatchObject({ code: 0 })
    const ids = recordsIn(files, 'logs/events.jsonl').flatMap((record) =>
      record.signal === 'log' && record.eventName === 'trading.signal.detected'
        ? [record.attributes.get('trading.correlation_id')]
        : [],
    )
    expect(new Set(ids).size).toBe(ids.length)
    expect(told.filter((number) => !ids.includes(`sig_${number}`))).toEqual([])
    expect(await run(['verify', files])).toMatchObject({ code: 0 })
  },
  manyMinutesMs,
)

test('[A10] a bot with a desk and files: both hold the same', async () => {
  const data = join(folder, 'desk')
  const files = join(folder, 'logs')
  const desk = await startDesk({
    ...readSettings(deskSettings, {
      options: { data, httpPort: 0, grpcPort: 0 },
      environment: {},
    }),
  })
  const child = await runChild(
    `
    import { start } from ${JSON.stringify(door)}
    const telemetry = await start({
      destination: 'http://127.0.0.1:${desk.ports.http}',
      files: ${JSON.stringify(files)},
      console: false,
    })
    ${trading}
    await telemetry.shutdown()`,
    { env: patient },
  )
  expect(child).toMatchObject({ code: 0, stderr: '' })
  await desk.stop()
  const [ofDesk, ofBot] = [filesIn(data), filesIn(files)]
  expect([...ofBot.keys()].sort()).toEqual([...ofDesk.keys()].sort())
  // Records of one request stand in the order of their times, and requests differ; so do the hashes of lines then.
  const sorted = (files: ReadonlyMap<string, string[]>): [string, string[]][] =>
    [...files]
      .filter(([kind]) => !kind.endsWith('.chain'))
      .map(([kind, lines]): [string, string[]] => [kind, lines.toSorted()])
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
  expect(sorted(ofBot)).toEqual(sorted(ofDesk))
})

test('[A10] the environment alone brings files about, and files: false none', async () => {
  const files = join(folder, 'logs')
  const env = { ...patient, FILLPATH_FILES: files, FILLPATH_TIME_ZONE: 'Pacific/Kiritimati' }
  const program = (options: string) => `
    import { start } from ${JSON.stringify(door)}
    const telemetry = await start(${options})
    console.log(JSON.stringify(telemetry.status().destinations.map(({ name }) => name)))
    await telemetry.shutdown()`
  const none = await runChild(program('{ files: false, console: false, shutdownTimeoutMs: 100 }'), {
    env,
  })
  expect(JSON.parse(none.stdout)).not.toContain(files)
  expect(existsSync(files)).toBe(false)
  const dayThere = (): string =>
    new Date(Date.now() + 14 * 3_600_000).toISOString().slice(0, 10).replaceAll('-', '')
  const before = dayThere()
  const some = await runChild(program('{ console: false }'), { env })
  expect(some).toMatchObject({ code: 0, stderr: '' })
  const name = readdirSync(join(files, 'logs')).find((each) => /^events_.*\.jsonl$/.test(each))
  expect([before, dayThere()].map((day) => `events_${day}.jsonl`)).toContain(name)
})

test('[C04, C07] lines of a process stand apart: stdout, stderr, and its files, with the same trace id', async () => {
  const files = join(folder, 'logs')
  const child = await runChild(
    `
    import { start } from ${JSON.stringify(door)}
    const telemetry = await start()
    ${trading}
    await telemetry.shutdown()`,
    { env: { ...patient, FILLPATH_FILES: files, FILLPATH_CONSOLE_STDERR_LEVEL: 'warn' } },
  )
  expect(child.code).toBe(0)
  expect(child.stdout).not.toMatch(/ (?:WARN|ERROR) /)
  expect(child.stderr).toMatch(/ ERROR bot .*it failed/)
  expect(child.stderr).toMatch(/^ {4}Error: boom$/m)
  expect(child.stderr).not.toContain(' INFO ')
  const [general, errors] = ['logs/bot.log', 'logs/errors.log'].map((kind) =>
    (filesIn(files).get(kind) ?? []).join('\n'),
  )
  const [, traceId = ''] = / bot it failed .*trace=([0-9a-f]{32})/.exec(errors ?? '') ?? []
  expect(traceId).not.toBe('')
  const short = traceId.slice(0, 8)
  expect(child.stderr).toContain(` ERROR bot ${short} it failed`)
  expect(child.stdout).toContain(` INFO  bot ${short} the spread is wide enough`)
  expect(general).toMatch(
    new RegExp(` INFO {2}bot the spread is wide enough .*trace=${traceId}$`, 'm'),
  )
})

test('[X40] settings that cannot be are refused at the start, with what is allowed', async () => {
  const at = join(folder, 'logs')
  const refused = async (options: object): Promise<string> =>
    start({
      exitHooks: false,
      console: false,
      spool: { folder: join(folder, 'spool') },
      ...options,
    }).then(
      async (telemetry) => telemetry.shutdown().then(() => 'started'),
      (error: Error) => error.message,
    )
  expect(await refused({ files: { folder: at, timeZone: 'Mars' } })).toContain(
    '"Mars" is not a time zone',
  )
  expect(await refused({ files: { folder: at, fileMax: 5 } })).toMatch(
    /files\.fileMax is 5; allowed is .* at least 1MiB/,
  )
  expect(await refused({ files: { path: at } })).toContain('option files.path is not known')
  expect(await refused({ files: {} })).toContain('files.folder')
  expect(await refused({ files: '' })).toContain('option files is ""')
  const categories = [{ name: 'a', event: 'trading.ordr.*' }]
  expect(await refused({ files: { folder: at, categories } })).toMatch(
    /^option files\.categories: category "a" wants the event/,
  )
  expect(await refused({ files: at, spool: false })).toContain('written from the spool')
  expect(await refused({ files: join(folder, 'spool') })).toContain('share the folder')
})
