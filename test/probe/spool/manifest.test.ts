import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { manualClock } from '../../../src/base/clock.ts'
import type { Disk } from '../../../src/probe/spool/disk.ts'
import { parseManifest, readManifest } from '../../../src/probe/spool/manifest.ts'
import type { Manifest, RunFacts } from '../../../src/probe/spool/manifest.ts'
import type { SpoolOptions } from '../../../src/probe/spool/options.ts'
import { openReader } from '../../../src/probe/spool/reader.ts'
import type { Spool } from '../../../src/probe/spool/spool.ts'
import { writeString } from '../../../src/wire/encode/target.ts'
import { ModelDisk } from './model-disk.ts'
import { Processes } from './processes.ts'
import { createRandom } from './random.ts'
import { emit } from './stage.ts'

const facts: RunFacts = {
  run: 'r1',
  service: 'hedge-bot',
  bot: 'hedge-bot',
  instance: 'i1',
  node: '24.0.0',
  fillpath: '0.1.0',
  host: 'here',
  pid: 1,
}

let model: ModelDisk
let clock: ReturnType<typeof manualClock>
let processes: Processes

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] })
  model = new ModelDisk(createRandom(11))
  clock = manualClock()
  processes = new Processes()
})
afterEach(() => {
  processes.die()
  vi.useRealTimers()
})

/** A bot that has begun its run; those before it are dead. */
function open(disk: Disk = model.start(), options: Partial<SpoolOptions> = {}): Spool {
  processes.die()
  const spool = processes.open({ clock, disk, ...options })
  spool.run.begin(facts)
  const origin = spool.origin({ resource: Buffer.from([]), scope: Buffer.from([]) })
  const name = (target: Parameters<Parameters<typeof spool.openSpans.begin>[2]>[0]): void =>
    writeString(target, 0x62, 'trading.run.crashed')
  spool.openSpans.begin('run', origin, name, 'log')
  return spool
}

function end(spool: Spool, reason: string): void {
  spool.run.end(reason)
  spool.openSpans.end('run')
}

function manifestOf({ boot }: Spool): Manifest | undefined {
  return readManifest(model.join(), '/spool', boot)
}

/** How many records tell of the crash of a run. */
function crashesTold(boot: string): number {
  const place = { root: '/spool', owner: undefined, boot: undefined }
  const options = { place, destinations: ['test'], readOnly: true, disk: model.join() }
  const reader = openReader({ ...options, onNotice: () => undefined })
  const found = reader.next('test', 'backlog', { recordsMax: 1e6, bytesMax: 1e9 })
  reader.close()
  const own = found.filter((record) => record.boot === boot)
  return own.filter(({ payload }) => Buffer.from(payload).includes('trading.run.crashed')).length
}

describe('[X16] the manifest of a run', () => {
  test('says that it runs, then that it ended, and by what', async () => {
    const spool = open()
    expect(manifestOf(spool)).toMatchObject({ ...facts, status: 'running', boot: spool.boot })
    clock.advanceMs(60_000)
    end(spool, 'SIGTERM')
    await spool.close()
    const manifest = manifestOf(spool)
    expect(manifest).toMatchObject({ status: 'ended', reason: 'SIGTERM' })
    const lived = Date.parse(manifest?.ended ?? '') - Date.parse(manifest?.started ?? '')
    expect(lived).toBe(60_000)
    open()
    expect(manifestOf(spool)).toEqual(manifest)
    expect(crashesTold(spool.boot)).toBe(0)
  })

  test('of a dead one is marked with the last time known, once; later finders change nothing', () => {
    const dead = open()
    clock.advanceMs(5000)
    emit(dead, 'a sign of life')
    const last = new Date(Number(clock.wallNs() / 1_000_000n)).toISOString()
    clock.advanceMs(3_600_000)
    open()
    const manifest = manifestOf(dead)
    expect(manifest).toMatchObject({ status: 'crashed-recovered', ended: last })
    clock.advanceMs(3_600_000)
    open()
    expect(manifestOf(dead)).toEqual(manifest)
  })

  test('is marked, and the crash told, once, before whichever call of the disk the finder is killed', () => {
    let kills = 0
    for (let calls = 0; ; calls += 1) {
      model = new ModelDisk(createRandom(calls + 1))
      const dead = open()
      let wasKilled = false
      try {
        open(dying(model.start(), calls, () => (wasKilled = true)))
      } catch {
        // A process that was killed says nothing more.
      }
      if (!wasKilled) break
      kills += 1
      open()
      expect(manifestOf(dead)?.status, `killed before call ${calls}`).toBe('crashed-recovered')
      expect(crashesTold(dead.boot), `killed before call ${calls}`).toBe(1)
    }
    expect(kills).toBeGreaterThan(20)
  })

  test('[X40, P10] tells what the run has lost, by class and reason, also when it was killed', async () => {
    const spool = open()
    expect(manifestOf(spool)?.lost).toBeUndefined()
    model.fail('write', 'EIO', { times: 1e9 })
    // Memory takes the critical ones, and none of the others beside them.
    for (let count = 0; count < 10_003; count += 1) emit(spool, `order ${count}`)
    emit(spool, 'a line', { class: 'normal' })
    spool.flushSync()
    model.faults.length = 0
    // The first try of the next second is the one that writes it.
    clock.advanceMs(1000)
    await vi.advanceTimersByTimeAsync(1000)
    const { lost } = manifestOf(spool) ?? {}
    expect(lost).toEqual({ critical: { disk_full: 3 }, normal: { disk_full: 1 } })
    model.kill()
    open()
    expect(manifestOf(spool)).toMatchObject({ status: 'crashed-recovered', lost })
  })

  test('[X40] tells what the run has lost when the disk has no room left', async () => {
    const spool = open()
    model.capacity = model.used()
    for (let count = 0; count < 10_001; count += 1) emit(spool, `order ${count}`)
    clock.advanceMs(1000)
    await vi.advanceTimersByTimeAsync(1000)
    expect(manifestOf(spool)?.lost).toEqual({ critical: { disk_full: 1 } })
  })

  test('[X40, D05] a disk that is slow to sync is asked by one thread at a time, however often something is lost', async () => {
    const disk = model.start()
    const files = new Set<number>()
    const syncs: (() => void)[] = []
    const slow: Disk = {
      ...disk,
      open(path, mode) {
        const file = disk.open(path, mode)
        if (path.endsWith('.json.new')) files.add(file)
        return file
      },
      async syncFile(file) {
        if (files.has(file)) await new Promise<void>((resolve) => syncs.push(resolve))
        await disk.syncFile(file)
      },
    }
    const spool = open(slow, { quotaBytes: 20_000, segmentBytesMax: 4096 })
    const lose = async (): Promise<number> => {
      for (let count = 0; count < 50; count += 1) {
        emit(spool, 'x'.repeat(1000), { class: 'snapshot' })
        spool.flushSync()
      }
      clock.advanceMs(1000)
      await vi.advanceTimersByTimeAsync(1000)
      return spool.statistics.dropped.snapshot.quota
    }
    let lost = 0
    for (let second = 0; second < 5; second += 1) lost = await lose()
    expect(syncs).toHaveLength(1)
    expect(lost).toBeGreaterThan(200)
    syncs[0]?.()
    await vi.advanceTimersByTimeAsync(1000)
    expect(manifestOf(spool)?.lost).toEqual({ snapshot: { quota: lost } })
    // The last word waits for nothing.
    for (let second = 0; second < 2; second += 1) lost = await lose()
    spool.closeSync()
    expect(manifestOf(spool)?.lost).toEqual({ snapshot: { quota: lost } })
  })

  test('says that it ended also when the disk has no room left, and no crash is told', async () => {
    const spool = open()
    model.capacity = model.used()
    end(spool, 'SIGTERM')
    expect(manifestOf(spool)).toMatchObject({ status: 'ended', reason: 'SIGTERM' })
    spool.closeSync()
    model.capacity = Number.POSITIVE_INFINITY
    open()
    expect(manifestOf(spool)?.status).toBe('ended')
    expect(crashesTold(spool.boot)).toBe(0)
  })

  test('is written later when the disk refuses it at first, and again when somebody deletes it', async () => {
    const disk = model.start()
    model.fail('rename', 'EIO', { times: 1 })
    const spool = open(disk)
    expect(manifestOf(spool)).toBeUndefined()
    await vi.advanceTimersByTimeAsync(1500)
    expect(manifestOf(spool)?.status).toBe('running')
    model.join().unlink(`/spool/runs/${spool.boot}.json`)
    await vi.advanceTimersByTimeAsync(1500)
    expect(manifestOf(spool)?.status).toBe('running')
  })

  test('stands beside a hundred others; the oldest go, a running one never does', async () => {
    const elsewhere = 'f'.repeat(32)
    const boots: string[] = []
    for (let count = 0; count < 120; count += 1) {
      const spool = open()
      boots.push(spool.boot)
      if (count === 0) runElsewhere(elsewhere, spool)
      end(spool, 'shutdown')
      await spool.close()
    }
    const names = model.join().list('/spool/runs') ?? []
    const kept = [elsewhere, ...boots.slice(-100)].map((boot) => `${boot}.json`)
    expect(names).toEqual(kept.sort())
  })

  test('that is damaged, of another version or none of ours is read as none', () => {
    const spool = open()
    const text = JSON.stringify({ version: 1, ...manifestOf(spool) })
    expect(parseManifest(text)).toEqual(manifestOf(spool))
    for (let length = 0; length < text.length; length += 1)
      expect(parseManifest(text.slice(0, length))).toBeUndefined()
    for (const other of ['null', '[]', '{}', '"run"', text.replace('"version":1', '"version":2')])
      expect(parseManifest(other)).toBeUndefined()
    expect(parseManifest(text.replace('"running"', '"sleeping"'))).toBeUndefined()
  })
})

/** Writes the manifest of a run on a machine that cannot be seen from here, which nobody can find dead. */
function runElsewhere(boot: string, like: Spool): void {
  const disk = model.join()
  const file = disk.open(`/spool/runs/${boot}.json`, 'create')
  const text = JSON.stringify({ version: 1, ...manifestOf(like), boot, status: 'running' })
  disk.write(file, Buffer.from(text), { offset: 0, length: text.length }, 0)
  disk.close(file)
}

/** A disk that dies before the call after `calls` others. */
function dying(disk: Disk, calls: number, killed: () => void): Disk {
  let left = calls
  return new Proxy(disk, {
    get(target, name: keyof Disk) {
      const call = target[name] as (...args: unknown[]) => unknown
      return (...args: unknown[]) => {
        if (left === 0) {
          killed()
          model.kill()
        }
        left -= 1
        return call.apply(target, args)
      }
    },
  })
}
