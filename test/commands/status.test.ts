import { spawnSync } from 'node:child_process'
import {
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { runsIn as runsOf } from '../../src/commands/spool/runs.ts'
import { openSpool } from '../../src/probe/spool/spool.ts'
import { payloadBytesMax } from '../../src/wire/frame.ts'
import { Stage, refusing, until } from '../ship-stage.ts'
import { canMount, mountTmpfs } from '../tmpfs.ts'
import { cli, run } from './cli.ts'
import { nowhere, startBot } from './spool-bot.ts'

let stage: Stage
let folder: string
beforeEach(() => {
  stage = new Stage({ reserveBytes: 65_536 })
  folder = mkdtempSync(join(tmpdir(), 'fillpath-status-'))
})
afterEach(async () => {
  await stage.close()
  rmSync(folder, { recursive: true, force: true })
})

async function status(spool: string) {
  const { code, stdout, stderr } = await run(['status', '--spool', spool, '--json'])
  expect(stderr).toBe('')
  return { code, ...JSON.parse(stdout) }
}

/** Every file with its bytes, and every time but those of signs of life. */
function everything(root: string): unknown[] {
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .sort()
    .map((name) => {
      const path = join(root, name)
      const stats = statSync(path)
      return [name, stats.mtimeMs, stats.isFile() ? readFileSync(path, 'latin1') : '']
    })
}

describe('fillpath status', () => {
  test('[X40, X39] counts what waits by class and signal, and what each receiver lacks', async () => {
    const desk = await stage.desk()
    stage.emit(30, { class: 'critical' })
    stage.emit(20, { signal: 'span' })
    const shipper = stage.ship([stage.destination(desk)])
    expect(await shipper.stop(20_000)).toBe(true)
    stage.emit(4, { class: 'critical' })
    stage.emit(3, { class: 'snapshot', signal: 'log' })
    stage.emit(2, { signal: 'span' })
    const found = await status(stage.folder)
    expect(found).toMatchObject({ code: 0, ok: true, troubles: [], quarantined: 0 })
    expect(found.runs).toMatchObject([
      {
        life: 'alive',
        pid: process.pid,
        records: 59,
        waiting: {
          records: 9,
          critical: { log: 4, span: 0, metric: 0 },
          normal: { log: 0, span: 2, metric: 0 },
          snapshot: { log: 3, span: 0, metric: 0 },
        },
        receivers: [{ name: desk.stub.url, lacks: { log: 7, span: 2, metric: 0 } }],
        segments: 3,
      },
    ])
    expect(found.runs[0].waiting.oldestMs).toBeGreaterThan(0)
    const text = await run(['status', '--spool', stage.folder])
    expect(text.code).toBe(0)
    expect(text.stdout).toContain(`pid ${process.pid} is alive, began `)
    expect(text.stdout).toContain('critical 4 logs; normal 2 spans; snapshot 3 logs')
    expect(text.stdout).toContain(`${desk.stub.url} lacks 7 logs, 2 spans`)
    expect(text.stdout).toContain('64.0 KiB of it reserve')
    expect(text.stdout).toContain('all is well: the bot is sending 9 records')
  })

  test('[X40] changes nothing in the folder that it reads', async () => {
    stage.emit(30)
    await stage.closeSpool()
    const before = everything(stage.folder)
    expect((await status(stage.folder)).runs[0].records).toBe(30)
    expect(everything(stage.folder)).toEqual(before)
  })

  test('[X40] finds the records that a killed bot left, and says what to do', async () => {
    const bot = await startBot(folder, nowhere)
    const alive = await status(folder)
    expect(alive).toMatchObject({ code: 0, ok: true })
    expect(alive.runs).toMatchObject([{ life: 'alive', pid: bot.child.pid }])
    await bot.kill()
    const dead = await status(folder)
    expect(dead.code).toBe(1)
    expect(dead.runs).toMatchObject([{ life: 'dead', pid: bot.child.pid, damage: [] }])
    expect(dead.runs[0].waiting.records).toBeGreaterThanOrEqual(22)
    expect(dead.troubles).toMatchObject([{ code: 'died' }, { code: 'unsent' }])
    const { code, stdout } = await run(['status'], { FILLPATH_SPOOL_FOLDER: folder })
    expect(code).toBe(1)
    expect(stdout).toContain(`pid ${bot.child.pid} is dead and left `)
    expect(stdout).toContain(`fillpath spool drain --spool ${folder}`)
  })

  test('[X40] does not tell for ever of a dead bot whose records a person deleted', async () => {
    const bot = await startBot(folder, nowhere)
    await bot.kill()
    const [{ boot }] = (await status(folder)).runs
    for (const name of readdirSync(folder))
      if (name.startsWith(boot)) rmSync(join(folder, name), { recursive: true })
    const found = await status(folder)
    expect(found).toMatchObject({ runs: [], troubles: [], history: [{ life: 'died' }] })
  })

  test('[X16, X40] a bot that ran before the machine was started again has died, unless it shows signs of life', async () => {
    const bot = await startBot(folder, nowhere)
    await bot.kill()
    const name = readdirSync(folder).find((each) => each.includes(`-${bot.child.pid}-`)) ?? ''
    const [boot = '', owner = ''] = name.split('.')
    const earlier = `${'f'.repeat(12)}${owner.slice(12)}`
    const path = join(folder, `${boot}.${earlier}`)
    renameSync(join(folder, name), path)
    const manifest = join(folder, 'runs', `${boot}.json`)
    writeFileSync(manifest, readFileSync(manifest, 'utf8').replace(owner, earlier))
    // A machine of the same name may have it.
    expect(await status(folder)).toMatchObject({
      runs: [{ life: 'unsure' }],
      history: [{ life: 'unsure' }],
    })
    const hourAgo = new Date(Date.now() - 3_600_000)
    utimesSync(join(path, 'owner.json'), hourAgo, hourAgo)
    expect(await status(folder)).toMatchObject({
      code: 1,
      runs: [{ life: 'dead' }],
      history: [{ life: 'died' }],
      troubles: [{ code: 'died' }, { code: 'unsent' }],
    })
    const facts = JSON.parse(readFileSync(join(path, 'owner.json'), 'utf8'))
    writeFileSync(join(path, 'owner.json'), JSON.stringify({ ...facts, host: 'another' }))
    utimesSync(join(path, 'owner.json'), hourAgo, hourAgo)
    expect((await status(folder)).runs).toMatchObject([{ life: 'unsure' }])
  })

  test('[X40] tells what a run has lost, by class and reason; critical records need somebody', async () => {
    stage.spool.run.begin({
      run: 'r1',
      service: 'hedge-bot',
      bot: 'hedge-bot',
      instance: 'i1',
      node: '24.0.0',
      fillpath: '0.1.0',
      host: 'here',
      pid: process.pid,
    })
    stage.emit(1)
    // Longer than a record can be.
    const tooLong = (recordClass: 'critical' | 'normal'): void => {
      const room = stage.spool.begin(recordClass, 0)
      room.reserve(payloadBytesMax + 1)
      room.position += payloadBytesMax + 1
      expect(stage.spool.commit(room, 'log')).toBe(false)
    }
    tooLong('normal')
    await until(() => (runsOf(stage.folder, [])[0]?.lost?.normal?.['too_large'] ?? 0) === 1)
    const found = await status(stage.folder)
    expect(found).toMatchObject({ code: 0, troubles: [] })
    expect(found.history[0].lost).toEqual({ normal: { too_large: 1 } })
    expect((await run(['status', '--spool', stage.folder])).stdout).toContain(
      'all is well now, but for what was lost',
    )
    tooLong('critical')
    await until(() => runsOf(stage.folder, [])[0]?.lost?.critical !== undefined)
    const { code, stdout } = await run(['status', '--spool', stage.folder])
    expect(code).toBe(1)
    expect(stdout).toContain('lost 1 critical (too_large), 1 normal (too_large)')
    expect(stdout).toContain('! hedge-bot (pid')
  })

  test('[X40] ends with 1 for damage and for what was refused', async () => {
    const desk = await stage.desk({ behaviour: refusing((text) => text.includes('poison')) })
    stage.emit(5, { text: (plain) => (plain.includes(' 3 ') ? `${plain} poison` : plain) })
    const shipper = stage.ship([stage.destination(desk)])
    await until(() => stage.quarantine().length === 1)
    await shipper.stop(60_000)
    expect(await status(stage.folder)).toMatchObject({
      code: 1,
      quarantined: 1,
      troubles: [{ code: 'quarantined' }],
    })
    const [segment = ''] = stage.segments()
    const path = join(stage.folder, segment)
    const bytes = readFileSync(path)
    bytes[200] = (bytes[200] ?? 0) ^ 0xff
    writeFileSync(path, bytes)
    const found = await status(stage.folder)
    expect(found.code).toBe(1)
    expect(found.troubles.map(({ code }: { code: string }) => code)).toEqual([
      'damaged',
      'quarantined',
    ])
    expect(found.runs[0].damage).toMatchObject([{ kind: 'damaged', path }])
  })

  test('[X40] is content with a folder that was delivered and left in order', async () => {
    const bot = await startBot(folder, (await stage.desk()).stub.url, 'end')
    await bot.ended()
    const { code, stdout } = await run(['status', '--spool', folder])
    expect(code).toBe(0)
    expect(stdout).toContain('all is well')
  })

  test.runIf(canMount)(
    '[X40, B50] ends with 1 on a disk that was full from the start, while the bot runs and behind its end',
    async () => {
      const small = mountTmpfs(1)
      if (small === undefined) throw new Error('no tmpfs can be mounted although this is root')
      onTestFinished(() => small.close())
      small.fill()
      const root = join(small.folder, 'spool')
      const spool = openSpool({ folder: root, onNotice: () => undefined })
      onTestFinished(() => spool.closeSync())
      const found = await status(root)
      expect(found).toMatchObject({ code: 1, ok: false, troubles: [{ code: 'full' }] })
      expect(found.troubles[0].message).toContain(`the disk of ${root} is full (0 bytes free)`)
      await spool.close()
      const { code, stderr } = await run(['status', '--spool', root])
      expect(code).toBe(1)
      expect(stderr).toMatch(/its disk is full.* \[spool_unavailable\]\n {2}Make room/)
    },
  )

  test('[X39] a working folder that was deleted is said in plain words, and harms no path from the root on', async () => {
    const gone = join(folder, 'gone')
    const script = `
      const { mkdirSync, rmdirSync } = require('node:fs')
      mkdirSync(${JSON.stringify(gone)})
      process.chdir(${JSON.stringify(gone)})
      rmdirSync(${JSON.stringify(gone)})
      const { spawnSync } = require('node:child_process')
      const call = (...words) => {
        const { stderr } = spawnSync(process.execPath, [${JSON.stringify(cli)}, ...words], { encoding: 'utf8' })
        console.log(stderr.split('\\n')[0])
      }
      call('status', '--spool', 'here')
      call('spool', 'ls', 'here')
      call('status', '--spool', ${JSON.stringify(folder)})`
    const { stdout } = spawnSync(process.execPath, ['-e', script], { encoding: 'utf8' })
    const said = /the folder that this is called in is gone.* \[file_unusable\]/
    expect(stdout.trim().split('\n')).toEqual([
      expect.stringMatching(said),
      expect.stringMatching(said),
      expect.stringContaining(`${folder} is not a spool folder [not_found]`),
    ])
  })

  test('[X39] ends with 1 where there is no spool, with 2 when called wrongly', async () => {
    const none = await run(['status', '--spool', folder])
    expect([none.code, none.stdout]).toEqual([1, ''])
    expect(none.stderr).toContain('is not a spool folder [not_found]')
    const wrong = await run(['status', '--spol', folder])
    expect(wrong.code).toBe(2)
    expect(wrong.stderr).toContain("unknown option '--spol'")
  })
})
