import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Running, run } from '../commands/cli.ts'
import { allRows } from '../desk/store/rows.ts'
import { door, runChild } from '../probe/telemetry/child.ts'
import type { ChildOptions } from '../probe/telemetry/child.ts'
import { startReceiver } from '../probe/telemetry/receiver.ts'
import type { Receiver } from '../probe/telemetry/receiver.ts'
import type { LogRecord, SpanRecord } from '../../src/wire/record.ts'

/*
 * Lives and deaths of bots in processes of their own, as their manifests, the receiver and the desk tell them afterwards.
 */

let folder: string
let spool: string
let receiver: Receiver
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'fillpath-runs-'))
  spool = join(folder, 'spool')
  receiver = await startReceiver()
})
afterEach(async () => {
  await receiver.close()
  rmSync(folder, { recursive: true, force: true })
})

const live = "console.log('ready'); setInterval(() => {}, 1000)"
const kill: ChildOptions = { signals: ['SIGKILL'] }
const commit = 'c0ffee'.padEnd(40, '0')

function bot(runId: string, program: string, options: ChildOptions & { url?: string } = {}) {
  const { url = receiver.url, ...rest } = options
  const start = `
    import { start } from ${JSON.stringify(door)}
    const { flows, shutdown } = await start({
      destination: ${JSON.stringify(url)},
      serviceName: 'hedge-bot',
      runId: '${runId}',
      codeCommit: '${commit}',
      mode: 'paper',
      config: { edge: '0.002', apiKey: 'k' + Math.random() },
      console: false,
      shutdownTimeoutMs: 30_000,
      metricIntervalMs: 200,
    })
    ${program}`
  return runChild(start, { ...rest, env: { FILLPATH_SPOOL_FOLDER: spool } })
}

interface Known {
  readonly run: string
  readonly status: string
  readonly life: string
  readonly reason?: string
  readonly started: string
  readonly ended?: string
  readonly config: string
  readonly pid: number
}

/** The runs by `fillpath status`, the oldest first. */
async function history(): Promise<Known[]> {
  const { stdout } = await run(['status', '--spool', spool, '--json'])
  const { history: runs }: { history: Known[] } = JSON.parse(stdout)
  return runs.toReversed()
}

/** Each once: what was on its way when a bot exited comes again with the next start. */
function once<T extends LogRecord | SpanRecord>(records: readonly T[]): T[] {
  const byId = new Map(
    records.map((each) => [each.attributes.get('fillpath.record.id') ?? each, each]),
  )
  return [...byId.values()]
}

function crashes(): LogRecord[] {
  return once(receiver.logs).filter(({ eventName }) => eventName === 'trading.run.crashed')
}

function states(runs: readonly Known[]): string[] {
  return runs.map(({ run, status, reason = '' }) => `${run} ${status} ${reason}`.trim())
}

describe('[X16] the manifest of a run', () => {
  test.each([
    ['a signal', live, { signals: ['SIGTERM'] }, 'SIGTERM'],
    ['the bot itself', "await shutdown('done for today')", {}, 'done for today'],
    ['an empty event loop', '', {}, 'beforeExit'],
    ['process.exit', 'process.exit(3)', {}, 'process.exit(3)'],
  ] as const)(
    'says that it ended, and by what: %s',
    async (_, program, options, reason) => {
      await bot('r1', program, options)
      expect(states(await history())).toEqual([`r1 ended ${reason}`])
      await bot('r2', 'await shutdown()')
      expect(crashes()).toEqual([])
      const told = once(receiver.logs)
        .filter(({ eventName }) => eventName === 'trading.run.ended')
        .map(({ attributes }) => attributes.get('trading.shutdown.reason'))
      expect(told).toHaveLength(2)
      expect(told).toEqual(expect.arrayContaining([reason, 'shutdown']))
    },
    600_000,
  )

  test('says that it runs, with service, code, configuration and versions; of a dead one that it died', async () => {
    const running = bot('r1', live + '; setTimeout(() => process.exit(0), 60_000)')
    let seen: Known[] = []
    while (seen.length === 0) seen = await history().catch(() => [])
    expect(seen).toMatchObject([
      {
        run: 'r1',
        status: 'running',
        life: 'running',
        service: 'hedge-bot',
        mode: 'paper',
        commit,
        node: process.versions.node,
        host: expect.any(String),
        instance: expect.stringMatching(/^[0-9a-f-]{36}$/),
        fillpath: JSON.parse(readFileSync('package.json', 'utf8')).version,
      },
    ])
    expect(seen[0]?.config).toMatch(/^[0-9a-f]{16}$/)
    process.kill(seen[0]?.pid ?? 0, 'SIGKILL')
    expect(await running).toMatchObject({ signal: 'SIGKILL' })
    expect(await history()).toMatchObject([{ status: 'running', life: 'died' }])
    const { code, stdout } = await run(['status', '--spool', spool])
    expect(stdout).toContain('died, and was not found yet')
    // Who asks by the exit code alone, as a cron job does, is told that the bot is gone, also when all was delivered.
    expect(code).toBe(1)
    expect(stdout).not.toContain('all is well')
    expect(stdout).toContain(`! hedge-bot (pid ${seen[0]?.pid}) died without an end in good order`)
    expect(stdout).toContain('hedge-bot · paper · commit c0ffee000000 · config ')
  }, 600_000)

  test.each([
    ['SIGKILL', live, kill],
    ['an exception that nobody caught', "setTimeout(() => { throw new Error('boom') }, 50)", {}],
  ] as const)(
    'after %s is marked once by the next start, and the receiver is told once, with the last time known',
    async (_, program, options) => {
      const beganMs = Date.now()
      await bot('r1', program, options)
      const diedMs = Date.now()
      for (const id of ['r2', 'r3', 'r4']) await bot(id, 'await shutdown()')
      expect((await run(['status', '--spool', spool])).stdout).not.toContain(' died ')
      const runs = await history()
      expect(states(runs)).toEqual([
        'r1 crashed-recovered',
        'r2 ended shutdown',
        'r3 ended shutdown',
        'r4 ended shutdown',
      ])
      const endedMs = Date.parse(runs[0]?.ended ?? '')
      expect(endedMs).toBeGreaterThanOrEqual(beganMs)
      expect(endedMs).toBeLessThanOrEqual(diedMs)
      expect(crashes()).toHaveLength(1)
      const [crash] = crashes()
      expect(Number((crash?.time ?? 0n) / 1_000_000n)).toBe(endedMs)
      expect(crash?.resource.attributes.get('trading.run.id')).toBe('r1')
      expect(crash?.attributes.get('trading.code.commit')).toBe(commit)
      expect(crash?.attributes.get('trading.config.hash')).toBe(runs[0]?.config)
      // The key of the API was another one each time: it is no part of the hash.
      expect(new Set(runs.map(({ config }) => config)).size).toBe(1)
    },
    600_000,
  )

  test('is marked once when three find the dead run at the same time', async () => {
    await bot('r1', live, kill)
    await Promise.all(['r2', 'r3', 'r4'].map((id) => bot(id, 'await shutdown()')))
    await bot('r5', 'await shutdown()')
    expect(states(await history())[0]).toBe('r1 crashed-recovered')
    expect(crashes()).toHaveLength(1)
  }, 600_000)

  test('is marked by a bot that runs beside it', async () => {
    const neighbour = bot('r1', live)
    let pid = 0
    while (pid === 0) pid = (await history().catch(() => []))[0]?.pid ?? 0
    try {
      await bot('r2', live, kill)
      while (crashes().length === 0) await new Promise((resolve) => setTimeout(resolve, 50))
      expect(states(await history())).toEqual(['r1 running', 'r2 crashed-recovered'])
    } finally {
      process.kill(pid, 'SIGTERM')
      await neighbour
    }
    expect(states(await history())).toEqual(['r1 ended SIGTERM', 'r2 crashed-recovered'])
    expect(crashes()).toHaveLength(1)
  }, 600_000)

  test('is marked by a drain', async () => {
    await receiver.stub.down()
    await bot('r1', live, kill)
    await receiver.stub.up()
    const drained = await run(['spool', 'drain', '--spool', spool, '--to', receiver.url])
    expect(drained.code).toBe(0)
    expect(states(await history())).toEqual(['r1 crashed-recovered'])
    expect(crashes()).toHaveLength(1)
  }, 600_000)

  test('[B39] the desk answers which runs there were, and how each ended; a rebuild has equal rows', async () => {
    const data = join(folder, 'data')
    const ports = ['--http-port', '0', '--grpc-port', '0']
    const desk = new Running(['desk', '--json', '--data', data, ...ports])
    await desk.says('"started"')
    const http = JSON.parse(desk.stdout.split('\n')[0] ?? '').ports.http
    const url = `http://127.0.0.1:${http}`
    await bot('r1', live, { ...kill, url })
    await bot('r2', 'await shutdown()', { url })
    await bot('r3', live, { url, signals: ['SIGINT'] })
    const query = ['query', 'runs', '--data', data, '--json']
    const answered = await run(query)
    await desk.interrupted()
    expect(answered.stderr).toBe('')
    const { runs }: { runs: Record<string, unknown>[] } = JSON.parse(answered.stdout)
    expect(runs.map(({ run_id, status, reason }) => [run_id, status, reason])).toEqual([
      ['r1', 'crashed-recovered', null],
      ['r2', 'ended', 'shutdown'],
      ['r3', 'ended', 'SIGINT'],
    ])
    const of = { service: 'hedge-bot', code_commit: commit, mode: 'paper' }
    expect(runs[0]).toMatchObject({ ...of, node: process.versions.node })
    const index = join(data, 'index.db')
    const before = allRows(index)['runs']
    expect((await run(['rebuild', '--data', data])).code).toBe(0)
    expect(allRows(index)['runs']).toEqual(before)
    expect(JSON.parse((await run(query)).stdout)).toEqual({ runs })
  }, 600_000)
})

describe('[X01] flows of a run that exits with them open', () => {
  test('are ended by it, with what ended the run; the next start finds nothing to close', async () => {
    await bot('r1', `flows.signal({ symbol: 'BTC/USDT', side: 'buy' }); process.exit(3)`)
    const { stderr } = await bot('r2', 'await shutdown()')
    expect(stderr).not.toContain('spans open')
    expect(once(receiver.spans)).toMatchObject([{ name: 'signal' }])
    expect(receiver.spans[0]?.attributes.get('trading.flow.outcome')).toBe('interrupted')
    expect(receiver.spans[0]?.statusMessage).not.toContain('the process died')
    const told = once(receiver.logs).filter(
      ({ eventName }) => eventName === 'trading.flow.interrupted',
    )
    expect(told).toHaveLength(1)
  }, 600_000)
})

describe('[X01] flows of a run that was killed', () => {
  const flow = `flows.signal({ symbol: 'BTC/USDT', strategy: 'atr', side: 'buy' }).run(() => undefined)`

  test('raise the counters of flows and of crashes once, flows with the labels of each', async () => {
    await bot('r1', `${flow}; ${flow}; ${live}`, kill)
    for (const id of ['r2', 'r3']) await bot(id, 'await shutdown()')
    const of = (runId: string) =>
      receiver.points.filter(
        ({ name, resource }) =>
          name === 'trading.flow.count' && resource.attributes.get('trading.run.id') === runId,
      )
    const raised = of('r2').filter(
      ({ attributes }) => attributes.get('trading.flow.outcome') === 'interrupted',
    )
    expect(raised.length).toBeGreaterThan(0)
    for (const { attributes } of raised) {
      expect(attributes.get('trading.symbol')).toBe('BTC/USDT')
      expect(attributes.get('trading.strategy')).toBe('atr')
    }
    expect(raised.at(-1)).toMatchObject({ point: { type: 'sum', value: 2 } })
    const crashed = (runId: string) =>
      receiver.points
        .filter(({ name }) => name === 'trading.run.crashes')
        .filter(({ resource }) => resource.attributes.get('trading.run.id') === runId)
        .map(({ point }) => ('value' in point ? Number(point.value) : undefined))
    expect([crashed('r2').at(-1), crashed('r3').at(-1)]).toEqual([1, 0])
    const later = of('r3').map(({ attributes }) => attributes.get('trading.flow.outcome'))
    expect(later).not.toContain('interrupted')
    expect(readdirSync(join(spool, 'runs'))).toHaveLength(3)
  }, 600_000)
})
