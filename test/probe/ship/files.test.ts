import { spawnSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openArchive } from '../../../src/archive/archive.ts'
import { lockFolder } from '../../../src/archive/folder-lock.ts'
import { verifyFolder } from '../../../src/archive/verify.ts'
import { manualClock } from '../../../src/base/clock.ts'
import { startShip } from '../../../src/probe/ship/ship.ts'
import { decodeLine } from '../../../src/wire/line.ts'
import { parseDailyPath } from '../../../src/wire/paths.ts'
import { log } from '../../archive/records.ts'
import { Stage, quick, until } from '../../ship-stage.ts'
import { canMount, mountTmpfs } from '../../tmpfs.ts'

const fixtures = join(import.meta.dirname, '../../fixtures/ship')
const dayMs = 86_400_000

let stage: Stage
let folder: string
beforeEach(() => {
  stage = new Stage()
  folder = join(stage.folder, 'files')
})
afterEach(() => stage.close())

/** The texts of all records in the files, in their order, by signal. */
function written(): Record<'log' | 'span' | 'metric', string[]> {
  const found: Record<'log' | 'span' | 'metric', string[]> = { log: [], span: [], metric: [] }
  if (!existsSync(folder)) return found
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  const truths = names.filter((name) => /^(logs.events|traces|metrics).*\.jsonl$/.test(name))
  const partOf = (name: string): number => parseDailyPath(name)?.part ?? 0
  for (const name of truths.sort((a, b) => partOf(a) - partOf(b))) {
    for (const line of readFileSync(join(folder, name), 'utf8').split('\n').slice(0, -1)) {
      const record = decodeLine(line)
      const text = record.signal === 'log' ? record.body : record.name
      if (typeof text === 'string') found[record.signal].push(text)
    }
  }
  return found
}

describe('[A10, D05] files in place of a receiver', () => {
  test('hold every record of each signal once and in order, over files that fill up', async () => {
    const logs = stage.emit(3000)
    const ship = stage.ship([stage.files({ fileMax: 300_000 })])
    const metrics = stage.emit(20, { signal: 'metric' })
    logs.push(...stage.emit(2000))
    expect(await ship.stop(60_000)).toBe(true)
    // Spans without ids of their own can never be kept, and these have none.
    expect(written()).toEqual({ log: logs, span: [], metric: metrics })
    const names = readdirSync(join(folder, 'logs'))
    expect(names.filter((name) => /^events_\d+\.1\.jsonl$/.test(name))).toHaveLength(1)
    expect(readdirSync(folder)).not.toContain('desk.lock')
    expect(await verifyFolder(folder)).toMatchObject({ damages: [] })
  })

  test('go on behind what is written, and the spool is emptied', async () => {
    const first = stage.emit(500)
    expect(await stage.ship([stage.files()]).stop(60_000)).toBe(true)
    await stage.closeSpool()
    const second = stage.emit(500)
    const ship = stage.ship([stage.files()])
    expect(await ship.flush(60_000)).toBe(true)
    expect(ship.report().channels.map(({ waiting }) => waiting.records)).toEqual([0, 0, 0])
    expect(await ship.stop(0)).toBe(false)
    expect(written().log).toEqual([...first, ...second])
  })

  test('[X40] a record that can never be kept goes to the quarantine, the others are written', async () => {
    const logs = stage.emit(20)
    stage.emit(1, { signal: 'span' })
    const ship = stage.ship([stage.files()])
    expect(await ship.flush(60_000)).toBe(true)
    await ship.stop(0)
    expect(written().log).toEqual(logs)
    expect(stage.quarantine()).toHaveLength(1)
    expect(stage.notices.map(({ message }) => message).join('\n')).toContain('id')
  })

  test('beside a receiver that is away, they get everything, and it gets everything later', async () => {
    const desk = await stage.desk({ behaviour: { status: 503 } })
    const ship = stage.ship([stage.destination(desk), stage.files()])
    const logs = stage.emit(300)
    await until(() => written().log.length === 300)
    expect(desk.account.order).toEqual([])
    await until(() => stage.codes().includes('sink_down'))
    desk.stub.behave('accept')
    // While it counts as away, nobody waits for it.
    await until(() => stage.codes().includes('sink_up'))
    expect(await ship.flush(60_000)).toBe(true)
    expect(desk.account.order).toEqual(logs)
    expect(written().log).toEqual(logs)
  })
})

describe('[X40] a folder that cannot be used', () => {
  test('is said with what to do, nothing is lost, and writing begins when it can be', async () => {
    writeFileSync(folder, 'in the way')
    const ship = stage.ship([stage.files()])
    const logs = stage.emit(50)
    await until(() => stage.codes().includes('sink_misconfigured'))
    const said = stage.notices.find(({ code }) => code === 'sink_misconfigured')?.message
    expect(said).toContain(folder)
    expect(said).toContain('check its owner and mode, or choose another folder')
    expect(await ship.flush(200)).toBe(false)
    rmSync(folder)
    await until(() => stage.codes().includes('sink_up'))
    expect(await ship.flush(60_000)).toBe(true)
    expect(written().log).toEqual(logs)
  })

  test('[P14] is said while another process holds it, and is written once it is let go', async () => {
    const lock = await lockFolder(folder)
    const ship = stage.ship([stage.files()])
    const logs = stage.emit(50)
    await until(() => stage.codes().includes('sink_down'))
    expect(stage.notices[0]?.message).toContain(`is used by process ${process.pid}`)
    await lock.release()
    expect(await ship.flush(60_000)).toBe(true)
    expect(written().log).toEqual(logs)
  })
})

test('[C02, C32] a folder with a limit stays below it: the oldest files go, the newest records stay', async () => {
  const dataMax = 4 * 1024 * 1024
  const ship = stage.ship([stage.files({ dataMax })])
  let logs: string[] = []
  for (let round = 0; round < 10; round += 1) {
    logs = stage.emit(1000)
    expect(await ship.flush(60_000)).toBe(true)
    expect(allocatedBytes()).toBeLessThanOrEqual(dataMax)
  }
  expect(await ship.stop(60_000)).toBe(true)
  const kept = written().log
  expect(kept.length).toBeLessThan(10_000)
  expect(kept.slice(-logs.length)).toEqual(logs)
  expect(await verifyFolder(folder)).toMatchObject({ damages: [] })
})

/** As `du` counts. */
function allocatedBytes(): number {
  let blocks = 0
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' }))
    blocks += statSync(join(folder, name)).blocks
  return blocks * 512
}

test.runIf(canMount)(
  '[P5, C32] a full disk is said, nothing is lost or torn, and writing goes on when there is room',
  async () => {
    const disk = mountTmpfs(1)
    if (disk === undefined) throw new Error('no tmpfs can be mounted although this is root')
    try {
      folder = join(disk.folder, 'files')
      const ship = stage.ship([stage.files({ folder })])
      const logs = stage.emit(100)
      expect(await ship.flush(60_000)).toBe(true)
      disk.fill()
      logs.push(...stage.emit(400))
      await until(() => stage.codes().includes('sink_down'))
      expect(stage.notices.map(({ message }) => message).join('\n')).toContain(
        'no space left on device',
      )
      disk.free()
      await until(() => stage.codes().includes('sink_up'))
      expect(await ship.stop(60_000)).toBe(true)
      expect(written().log).toEqual(logs)
      expect(await verifyFolder(folder)).toMatchObject({ damages: [] })
    } finally {
      disk.close()
    }
  },
)

test('[A22, C03, C06] files of other days are compressed and deleted as a desk does it', async () => {
  // Of the start of the test, also when it ends after midnight.
  const nowMs = Date.now()
  for (const days of [20, 3]) {
    const clock = manualClock(BigInt(nowMs - days * dayMs) * 1_000_000n)
    const archive = await openArchive({ folder, clock })
    await archive.write([log(`${days} days ago`)])
    await archive.close()
  }
  const ship = stage.ship([stage.files({ archiveAfterDays: 1, deleteAfterDays: 10 })])
  stage.emit(1)
  const packed = (): string[] => readdirSync(join(folder, 'archive/logs')).sort()
  mkdirSync(join(folder, 'archive/logs'), { recursive: true })
  await until(() => packed().some((name) => name.startsWith('events') && name.endsWith('.gz')))
  expect(await ship.stop(60_000)).toBe(true)
  const names = [...packed(), ...readdirSync(join(folder, 'logs'))].join('\n')
  const dayOf = (days: number): string =>
    new Date(nowMs - days * dayMs).toISOString().slice(0, 10).replaceAll('-', '')
  expect(names).toContain(`events_${dayOf(3)}.jsonl.gz`)
  expect(names).not.toContain(dayOf(20))
  expect(await verifyFolder(folder)).toMatchObject({ damages: [] })
})

test('who writes no files loads nothing of the archive', () => {
  const url = (path: string): string =>
    JSON.stringify(pathToFileURL(join(import.meta.dirname, '../../../src/probe/ship', path)).href)
  const program = `
    import { registerHooks } from 'node:module'
    registerHooks({
      load(url, context, next) {
        if (url.includes('/src/archive/')) console.log(url)
        return next(url, context)
      },
    })
    await import(${url('ship-worker.ts')})
    await import(${url('ship.ts')})
    console.log('shipping')
    await import(${url('files.ts')})`
  const args = ['--input-type=module', '--eval', program]
  const { stdout } = spawnSync(process.execPath, args, { encoding: 'utf8' })
  const loaded = stdout.trimEnd().split('\n')
  expect(loaded[0]).toBe('shipping')
  // The hook sees what is loaded.
  expect(loaded.length).toBeGreaterThan(5)
})

test('where the file of the worker is missing, the thread of the bot writes them', async () => {
  const ship = startShip({
    place: stage.spool.place,
    destinations: [stage.files()],
    tuning: quick,
    onNotice: (notice) => stage.notices.push(notice),
    workerUrl: pathToFileURL(join(stage.folder, 'no-such-worker.js')),
  })
  const logs = stage.emit(100)
  expect(await ship.stop(60_000)).toBe(true)
  expect(stage.codes()).toEqual(['worker_missing'])
  expect(written().log).toEqual(logs)
  expect(existsSync(join(folder, 'desk.lock'))).toBe(false)
})

test('[P2] a worker that falls over leaves the folder to the next one at once', async () => {
  const ship = startShip({
    place: stage.spool.place,
    destinations: [stage.files()],
    // It ends by its own faults alone, however slowly it is loaded.
    tuning: { ...quick, silentMsMax: 3_600_000 },
    onNotice: (notice) => stage.notices.push(notice),
    onSpoolNotice: () => undefined,
    workerUrl: pathToFileURL(join(fixtures, 'falling-worker.ts')),
  })
  try {
    const logs: string[] = []
    for (const life of [1, 2, 3]) {
      logs.push(...stage.emit(100))
      await until(() => new Set(written().log).size === logs.length)
      writeFileSync(join(stage.folder, `fall-${life}`), '')
      await until(() => stage.codes().filter((code) => code === 'worker_failed').length === life)
    }
    logs.push(...stage.emit(100))
    await until(() => new Set(written().log).size === logs.length)
    expect(await ship.stop(60_000)).toBe(true)
    // These records have no ids, so those without a checkpoint stand there again; none is missing.
    expect(new Set(written().log)).toEqual(new Set(logs))
    expect(stage.codes()).not.toContain('sink_down')
    expect(await verifyFolder(folder)).toMatchObject({ damages: [] })
  } finally {
    await ship.stop(0)
  }
})
