import { chmodSync, cpSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { decodeLogs, decodeTraces } from '../../src/wire/otlp-protobuf.ts'
import { Stage, refusing, until } from '../ship-stage.ts'
import { StubCollector } from '../stub-collector.ts'
import { Running, run } from './cli.ts'
import { nowhere, startBot } from './spool-bot.ts'

let stage: Stage
let folder: string
beforeEach(() => {
  stage = new Stage()
  folder = mkdtempSync(join(tmpdir(), 'fillpath-drain-'))
})
afterEach(async () => {
  await stage.close()
  rmSync(folder, { recursive: true, force: true })
})

/** Names of the runs' folders that are left. */
function runsIn(root: string): string[] {
  return readdirSync(root).filter((name) => /^[0-9a-f]{32}\./.test(name))
}

/** Drains a spool of one record. */
async function drainOneTo(to: string): ReturnType<typeof run> {
  stage.emit(1)
  await stage.closeSpool()
  return run(['spool', 'drain', '--spool', stage.folder, '--to', to])
}

describe('fillpath spool drain', () => {
  test('[X40, X39] sends every record of an ended bot once, and leaves an empty spool', async () => {
    const desk = await stage.desk()
    stage.emit(500)
    stage.emit(30, { class: 'critical' })
    stage.emit(20, { signal: 'span' })
    stage.emit(10, { signal: 'metric' })
    await stage.closeSpool()
    const { code, stdout } = await run([
      'spool',
      'drain',
      '--spool',
      stage.folder,
      '--to',
      desk.stub.url,
      '--json',
    ])
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toEqual({
      to: desk.stub.url,
      delivered: { log: 530, span: 20, metric: 10 },
      quarantined: 0,
      waiting: 0,
    })
    expect(new Set(desk.account.received.keys())).toEqual(stage.accepted)
    expect(desk.account.duplicates).toBe(0)
    expect(runsIn(stage.folder)).toEqual([])
    const again = await run(['spool', 'drain', '--spool', stage.folder, '--to', desk.stub.url])
    expect(again.code).toBe(0)
    expect(again.stdout).toBe('nothing to send: the spool is empty\n')
  })

  test('[X40] sends what a killed bot left, with headers of the environment', async () => {
    const bot = await startBot(folder, nowhere)
    await bot.kill()
    const bodies: unknown[] = []
    const spans: string[] = []
    const tokens = new Set<unknown>()
    const stub = await StubCollector.start({
      taken({ path, body, headers }) {
        tokens.add(headers.authorization)
        if (path === '/v1/logs') bodies.push(...decodeLogs(body).map((record) => record.body))
        if (path === '/v1/traces') spans.push(...decodeTraces(body).map(({ name }) => name))
      },
    })
    try {
      const { code, stdout } = await run(['spool', 'drain'], {
        FILLPATH_SPOOL_FOLDER: folder,
        OTEL_EXPORTER_OTLP_ENDPOINT: stub.url,
        OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20abc',
      })
      expect(code).toBe(0)
      expect(stdout).toMatch(new RegExp(`logs, 1 span.* sent to ${stub.url} in `))
      for (let number = 0; number < 20; number += 1) expect(bodies).toContain(`order ${number}`)
      expect(spans).toContain('place order')
      expect([...tokens]).toEqual(['Bearer abc'])
      expect(runsIn(folder)).toEqual([])
    } finally {
      await stub.close()
    }
  })

  test('[X40] refuses a spool whose bot is alive, and touches nothing', async () => {
    stage.emit(5)
    const desk = await stage.desk()
    const before = runsIn(stage.folder)
    const to = ['--to', desk.stub.url]
    const { code, stderr } = await run(['spool', 'drain', '--spool', stage.folder, ...to])
    expect(code).toBe(1)
    expect(stderr).toContain(`is not drained: pid ${process.pid} is alive [folder_in_use]`)
    expect(runsIn(stage.folder)).toEqual(before)
    expect(desk.stub.requests).toBe(0)
  })

  test('[X40] says why nothing is taken, keeps it all, and goes on with the next drain', async () => {
    stage.emit(12)
    await stage.closeSpool()
    const drain = ['spool', 'drain', '--spool', stage.folder]
    const failed = await run([...drain, '--to', nowhere])
    expect(failed.code).toBe(1)
    expect(failed.stderr).toMatch(
      /12 records were not sent to http:\/\/127\.0\.0\.1:1: .*ECONNREFUSED.* \[not_delivered\]/,
    )
    expect(runsIn(stage.folder)).toEqual([expect.stringMatching(/\.nobody$/)])
    const desk = await stage.desk()
    expect(await run([...drain, '--to', desk.stub.url])).toMatchObject({ code: 0 })
    expect(new Set(desk.account.received.keys())).toEqual(stage.accepted)
  })

  test('[X40] goes on where it was interrupted, and leaves the folder to the next', async () => {
    stage.emit(300)
    await stage.closeSpool()
    const desk = await stage.desk()
    desk.stub.behave('hang')
    const args = ['spool', 'drain', '--spool', stage.folder, '--to', desk.stub.url]
    const draining = new Running(args, { OTEL_EXPORTER_OTLP_TIMEOUT: '300000' })
    await until(() => desk.stub.requests > 0)
    const { code, stderr } = await draining.interrupted()
    expect(code).toBe(1)
    expect(stderr).toContain('it was interrupted [not_delivered]')
    expect(runsIn(stage.folder)).toEqual([expect.stringMatching(/\.nobody$/)])
    desk.stub.behave('accept')
    expect(await run(args)).toMatchObject({ code: 0 })
    expect(new Set(desk.account.received.keys())).toEqual(stage.accepted)
  })

  test('[X40] puts aside what is refused, sends the rest, and ends with 1', async () => {
    const desk = await stage.desk({ behaviour: refusing((text) => text.includes('poison')) })
    stage.emit(8, { text: (plain) => (plain.includes(' 3 ') ? `${plain} poison` : plain) })
    await stage.closeSpool()
    const args = ['spool', 'drain', '--spool', stage.folder, '--to', desk.stub.url]
    const { code, stdout, stderr } = await run(args)
    expect(code).toBe(1)
    expect(stdout).toContain('7 logs sent to')
    expect(stderr).toContain('1 record put aside; see "fillpath spool quarantine"')
    expect(desk.account.received.size).toBe(7)
    expect(stage.quarantine()).toHaveLength(1)
  })

  test('[X40] sends a folder that was copied from another machine', async () => {
    stage.emit(6)
    await stage.closeSpool()
    const [name = ''] = runsIn(stage.folder)
    cpSync(join(stage.folder, name), join(folder, name), { recursive: true })
    // As a killed bot of another machine leaves it: machine, pid space, pid, start of the process, instance.
    const elsewhere = name.replace('.nobody', '.0123456789ab-4026531836-77-4711-deadbeef')
    renameSync(join(folder, name), join(folder, elsewhere))
    const desk = await stage.desk()
    const args = ['spool', 'drain', '--spool', folder, '--to', desk.stub.url]
    const { code, stderr } = await run(args)
    expect([code, stderr]).toEqual([0, expect.stringContaining('looking for ten seconds')])
    expect(new Set(desk.account.received.keys())).toEqual(stage.accepted)
    expect(runsIn(folder)).toEqual([])
  })

  test('[X39] says that another receiver will not get what it lacks', async () => {
    const first = await stage.desk()
    stage.emit(5)
    const shipper = stage.ship([stage.destination(first)])
    await until(() => first.account.received.size === 5)
    await shipper.stop(60_000)
    stage.emit(4)
    await stage.closeSpool()
    const second = await stage.desk()
    const args = ['spool', 'drain', '--spool', stage.folder, '--to', second.stub.url]
    const { code, stderr } = await run(args)
    expect(code).toBe(0)
    expect(stderr).toContain(
      `${first.stub.url} has not got 4 records of this spool; they go to ${second.stub.url} alone`,
    )
  })

  test('[X16, X40] says that a run had crashed, and that no counter counts it', async () => {
    const desk = await stage.desk()
    const bot = await startBot(folder, nowhere)
    await bot.kill()
    const args = ['spool', 'drain', '--spool', folder, '--to', desk.stub.url]
    expect((await run(args)).stderr).toContain(
      '1 run had crashed; "trading.run.crashed" among the logs tells of each, the counter trading.run.crashes does not',
    )
    expect((await run(args)).stderr).toBe('')
  })

  test('[X40] refuses the folder of a dead run beside a bot that is alive: that bot sends it', async () => {
    const dead = await startBot(folder, nowhere)
    const alive = await startBot(folder, nowhere)
    const name = runsIn(folder).find((each) => each.includes(`-${dead.child.pid}-`)) ?? ''
    expect(name).not.toBe('')
    await dead.kill()
    try {
      const args = ['spool', 'drain', '--spool', join(folder, name), '--to', nowhere]
      const { code, stderr } = await run(args)
      expect(code).toBe(1)
      // The living one may have taken it over meanwhile.
      expect(stderr).toMatch(
        new RegExp(`is not drained: pid ${alive.child.pid} is alive|there is no folder`),
      )
    } finally {
      await alive.kill()
    }
  })

  test.runIf(process.getuid?.() !== 0)(
    '[X40] says at once when the folder cannot be written',
    async () => {
      stage.emit(1)
      await stage.closeSpool()
      chmodSync(stage.folder, 0o555)
      const args = ['spool', 'drain', '--spool', stage.folder, '--to', nowhere]
      const { code, stderr } = await run(args)
      chmodSync(stage.folder, 0o755)
      expect(code).toBe(1)
      expect(stderr).toContain('cannot be taken over (EACCES)')
      expect(stderr).toContain('or a copy of it')
      expect(stderr).not.toContain('ten seconds')
    },
  )

  test('[X39] ends with 2 for a folder that looks like none, and says how to write it', async () => {
    const { code, stderr } = await drainOneTo('logs/of-the-bot')
    expect(code).toBe(2)
    expect(stderr).toContain('option --to="logs/of-the-bot" is neither a URL nor a folder')
    expect(stderr).toContain('./logs/of-the-bot')
  })

  test('[X39] ends with 2 for a receiver that is no URL', async () => {
    const { code, stderr } = await drainOneTo('localhost:4318')
    expect(code).toBe(2)
    expect(stderr).toContain('option --to="localhost:4318"')
  })
})
