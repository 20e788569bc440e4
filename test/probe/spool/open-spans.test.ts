import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { manualClock } from '../../../src/base/clock.ts'
import type { Disk } from '../../../src/probe/spool/disk.ts'
import type { SpoolNotice } from '../../../src/probe/spool/notice.ts'
import type { SpoolOptions } from '../../../src/probe/spool/options.ts'
import { openReader } from '../../../src/probe/spool/reader.ts'
import type { Spool } from '../../../src/probe/spool/spool.ts'
import {
  beginMessage,
  endMessage,
  GrowingBuffer,
  writeBytes,
  writeId,
  writeString,
  writeTime,
} from '../../../src/wire/encode/target.ts'
import type { Target } from '../../../src/wire/encode/target.ts'
import { writeKeyValue } from '../../../src/wire/encode/value.ts'
import { decodeLogs, decodeTraces } from '../../../src/wire/otlp-protobuf.ts'
import type { LogRecord, SpanRecord } from '../../../src/wire/record.ts'
import { ModelDisk } from './model-disk.ts'
import { Processes } from './processes.ts'
import { createRandom } from './random.ts'
import { emit } from './stage.ts'

const traceId = 'a'.repeat(32)
const second = 1_000_000_000n
const clock = manualClock()
let model: ModelDisk
let notices: SpoolNotice[]
let processes: Processes

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] })
  model = new ModelDisk(createRandom(7))
  notices = []
  processes = new Processes()
})
afterEach(() => {
  processes.die()
  vi.useRealTimers()
})

/** A process that opens the spool; those before it are dead. */
function open(disk: Disk = model.start(), options: Partial<SpoolOptions> = {}): Spool {
  processes.die()
  return openBeside(disk, options)
}

/** A process that opens the spool beside those that live. */
function openBeside(disk: Disk, options: Partial<SpoolOptions> = {}): Spool {
  return processes.open({ clock, disk, onNotice: (notice) => notices.push(notice), ...options })
}

function spanIdOf(number: number): string {
  return number.toString(16).padStart(16, '0')
}

function writeSpan(target: Target, number: number, name: string): void {
  writeId(target, 0x0a, traceId)
  writeId(target, 0x12, spanIdOf(number))
  writeString(target, 0x2a, name)
  writeTime(target, 0x39, [Number(clock.wallNs() / second), 0])
  writeKeyValue(target, 0x4a, 'trading.symbol', 'BTC/USDT')
  writeKeyValue(target, 0x4a, 'trading.flow.outcome', 'interrupted')
}

function originOf(spool: Spool): number {
  return spool.origin({ resource: Buffer.from([]), scope: Buffer.from([]) })
}

function begin(spool: Spool, number: number, name = 'order'): void {
  spool.openSpans.begin(spanIdOf(number), originOf(spool), (target) =>
    writeSpan(target, number, name),
  )
}

/** Writes the record of the end, and then notes it, as a bot does. */
function end(spool: Spool, number: number): void {
  const room = spool.begin('critical', originOf(spool))
  writeSpan(room, number, 'ended by itself')
  spool.commit(room, 'span')
  spool.ended(spanIdOf(number))
}

/** All that can be read and was not acknowledged. */
function onDisk(): { spans: SpanRecord[]; logs: LogRecord[] } {
  const place = { root: '/spool', owner: undefined, boot: undefined }
  const reader = openReader({
    place,
    destinations: ['test'],
    readOnly: true,
    disk: model.join(),
    onNotice: () => undefined,
  })
  const found = reader.next('test', 'backlog', { recordsMax: 1e6, bytesMax: 1e9 })
  reader.close()
  const request = (signal: string): Uint8Array => {
    const target = new GrowingBuffer()
    for (const record of found.filter((each) => each.signal === signal)) {
      const resource = beginMessage(target, 0x0a)
      const scope = beginMessage(target, 0x12)
      writeBytes(target, 0x12, record.payload)
      endMessage(target, scope)
      endMessage(target, resource)
    }
    return target.slice()
  }
  return { spans: decodeTraces(request('span')), logs: decodeLogs(request('log')) }
}

/** Which span was closed how often, ended by whom. */
function ends(): string[] {
  return onDisk()
    .spans.map(({ spanId, name }) => `${Number.parseInt(spanId, 16)} ${name}`)
    .sort()
}

test('[B51, P3] durable waits for the file that has taken the place of the one that was being synced', async () => {
  const disk = model.start()
  const synced: number[] = []
  const { promise, resolve } = Promise.withResolvers<void>()
  const spool = open({
    ...disk,
    async syncFile(file) {
      synced.push(file)
      if (synced.length === 1) await promise
      return disk.syncFile(file)
    },
  })
  const origin = spool.origin({ resource: Buffer.from([]), scope: Buffer.from([]) })
  spool.openSpans.begin(spanIdOf(1), origin, (target) => writeSpan(target, 1, 'signal'))
  const durable = spool.durable()
  await vi.waitUntil(() => synced.length === 1, { timeout: 60_000 })
  disk.unlink(`/spool/${spool.boot}.${spool.place.owner}/open-spans`)
  spool.openSpans.mend()
  resolve()
  await durable
  model.losePower()
  expect(new Set(synced).size).toBe(2)
  const name = (model.join().list('/spool') ?? []).find((each) => each.includes('.'))
  expect(model.join().look(`/spool/${name}/open-spans`)?.size).toBeGreaterThan(100)
})

describe('[X01] what a dead process left open', () => {
  test('is closed by the next start, as an error, at the last time that is known', () => {
    const dead = open()
    begin(dead, 1, 'signal')
    begin(dead, 2, 'order')
    begin(dead, 3, 'order')
    end(dead, 3)
    clock.advanceMs(40_000)
    emit(dead, 'still alive', { signal: 'metric', class: 'normal' })
    dead.flushSync()
    const lastNs = clock.wallNs()
    clock.advanceMs(3_600_000)
    open()
    expect(ends()).toEqual(['1 signal', '2 order', '3 ended by itself'])
    const { spans, logs } = onDisk()
    for (const { spanId, end, attributes } of spans) {
      if (spanId === spanIdOf(3)) continue
      expect(end).toBe(lastNs)
      expect(attributes.get('trading.flow.outcome')).toBe('interrupted')
      expect(attributes.get('fillpath.record.id')).toContain(spanId)
    }
    expect(logs).toMatchObject([
      { eventName: 'trading.flow.interrupted', traceId, spanId: spanIdOf(1), time: lastNs },
    ])
    expect(logs[0]?.attributes.get('trading.symbol')).toBe('BTC/USDT')
    expect(notices.map(({ code, message }) => `${code}: ${message}`)).toContain(
      'interrupted: a process died with 2 spans open, in 1 flows; they are closed as interrupted',
    )
  })

  test('is closed once, however often the recovery is killed, before whichever call of the disk', () => {
    let kills = 0
    for (let calls = 0; ; calls += 1) {
      model = new ModelDisk(createRandom(calls + 1))
      const dead = open()
      begin(dead, 1, 'signal')
      begin(dead, 2)
      end(dead, 2)
      let wasKilled = false
      try {
        open(dying(model.start(), calls, () => (wasKilled = true)))
      } catch {
        // A process that was killed says nothing more.
      }
      if (!wasKilled) break
      kills += 1
      open()
      expect(ends(), `killed before call ${calls}`).toEqual(['1 signal', '2 ended by itself'])
      open()
      expect(ends(), `killed before call ${calls}, once more`).toHaveLength(2)
    }
    expect(kills).toBeGreaterThan(15)
  })

  test('that has ended, though the process died before it could note that, is not closed again', () => {
    const dead = open()
    begin(dead, 1)
    model.fail('write', 'die', { skip: 2 })
    end(dead, 1)
    expect(model.isAlive(1)).toBe(false)
    open()
    expect(ends()).toEqual(['1 ended by itself'])
  })

  test('and several that end in one call are closed once, before whichever write the process dies', () => {
    let deaths = 0
    for (let skip = 0; ; skip += 1) {
      model = new ModelDisk(createRandom(skip + 1))
      const dead = open(model.start(), { segmentBytesMax: 260_500 })
      for (const number of [1, 2, 3]) begin(dead, number)
      model.fail('write', 'die', { skip })
      dead.hold()
      end(dead, 1)
      // Fills a segment, so that the records of this call stand in two.
      emit(dead, 'x'.repeat(260_000))
      end(dead, 2)
      begin(dead, 4)
      end(dead, 4)
      dead.release()
      if (model.isAlive(1)) break
      deaths += 1
      open()
      const ended = ends().map((text) => text.split(' ')[0])
      expect(ended, `died before write ${skip}`).toEqual(expect.arrayContaining(['1', '2', '3']))
      expect(new Set(ended).size, `died before write ${skip}: ${ends().join()}`).toBe(ended.length)
    }
    expect(deaths).toBeGreaterThan(4)
  })

  test('is closed once when several start at once', () => {
    const dead = open()
    begin(dead, 1)
    model.kill()
    const disk = model.start()
    open(disk)
    openBeside(model.join())
    openBeside(model.join())
    expect(ends()).toEqual(['1 order'])
  })

  test('is closed after a power failure too, when it was durable', async () => {
    for (let seed = 1; seed <= 50; seed += 1) {
      model = new ModelDisk(createRandom(seed))
      const dead = open()
      begin(dead, 1)
      await dead.durable()
      begin(dead, 2)
      model.losePower()
      open()
      expect(ends()).toContain('1 order')
    }
  })

  test('comes with its name, also when all that was written before it was delivered and deleted', () => {
    const dead = open()
    emit(dead, 'one')
    begin(dead, 1)
    const folder = `/spool/${folderIn(model.join())}`
    const disk = model.join()
    disk.unlink(`${folder}/critical-00000001.seg`)
    const file = disk.open(`${folder}/checkpoint-test`, 'create')
    const checkpoint = Buffer.from('{"critical-00000007.seg":{}}')
    disk.write(file, checkpoint, { offset: 0, length: checkpoint.length }, 0)
    model.kill()
    const taker = open()
    expect(ends()).toEqual(['1 order'])
    const taken = `/spool/${folder.slice(7, 39)}.${taker.place.owner}`
    expect(model.join().list(taken)).toContain('critical-00000008.seg')
  })

  test('waits when the disk is full, and is closed when it is not', async () => {
    const dead = open()
    begin(dead, 1)
    model.kill()
    const disk = model.start()
    model.capacity = model.used()
    open(disk)
    expect(ends()).toEqual([])
    expect(notices.map(({ code }) => code)).toContain('unclosed')
    model.capacity = Number.POSITIVE_INFINITY
    await vi.advanceTimersByTimeAsync(6000)
    expect(ends()).toEqual(['1 order'])
  })
})

describe('[X01] the note of what is open', () => {
  test('is gone when the process ends in good order with nothing open', async () => {
    const spool = open()
    begin(spool, 1)
    end(spool, 1)
    await spool.close()
    open()
    expect(ends()).toEqual(['1 ended by itself'])
  })

  test('is left when it ends with a span open', async () => {
    const spool = open()
    begin(spool, 1)
    await spool.close()
    open()
    expect(ends()).toEqual(['1 order'])
  })

  test('stays small, however many spans come and go', () => {
    const spool = open()
    begin(spool, 0)
    for (let number = 1; number <= 20_000; number += 1) {
      begin(spool, number)
      spool.openSpans.end(spanIdOf(number))
    }
    const disk = model.join()
    const name = folderIn(disk)
    expect(disk.look(`/spool/${name}/open-spans`)?.size).toBeLessThan(512 * 1024)
    expect(spool.openSpans.count).toBe(1)
    model.kill()
    open()
    expect(ends()).toEqual(['0 order'])
  })

  test('is written later when the disk takes nothing now', async () => {
    const spool = open()
    begin(spool, 1)
    model.fail('write', 'EIO', { times: 3 })
    begin(spool, 2)
    begin(spool, 3)
    spool.openSpans.end(spanIdOf(1))
    model.faults.length = 0
    await vi.advanceTimersByTimeAsync(2000)
    model.kill()
    open()
    expect(ends()).toEqual(['2 order', '3 order'])
  })

  test('is written again when somebody deletes it, or the whole folder', async () => {
    const spool = open()
    begin(spool, 1)
    const disk = model.join()
    const name = folderIn(disk)
    disk.unlink(`/spool/${name}/open-spans`)
    await vi.advanceTimersByTimeAsync(2000)
    begin(spool, 2)
    for (const file of disk.list(`/spool/${name}`) ?? []) disk.unlink(`/spool/${name}/${file}`)
    disk.removeFolder(`/spool/${name}`)
    await vi.advanceTimersByTimeAsync(2000)
    model.kill()
    open()
    expect(ends()).toEqual(['1 order', '2 order'])
  })

  test('of which any byte is damaged loses that span alone, and closes none twice', () => {
    const dead = open()
    for (const number of [1, 2, 3]) begin(dead, number)
    const disk = model.join()
    const name = folderIn(disk)
    const path = `/spool/${name}/open-spans`
    const size = disk.look(path)?.size ?? 0
    for (let place = 0; place < size; place += 1) {
      model = new ModelDisk(createRandom(1))
      const other = open()
      for (const number of [1, 2, 3]) begin(other, number)
      const changed = model.join()
      const folder = folderIn(changed)
      const file = changed.open(`/spool/${folder}/open-spans`, 'write')
      const byte = Buffer.alloc(1)
      changed.read(file, byte, { offset: 0, length: 1 }, place)
      byte[0] = (byte[0] ?? 0) ^ 0xff
      changed.write(file, byte, { offset: 0, length: 1 }, place)
      model.kill()
      open()
      const closed = ends()
      expect(new Set(closed).size, `byte ${place}`).toBe(closed.length)
      // A damaged head is no reason to guess; a damaged span costs itself.
      expect(closed.length, `byte ${place}`).toBeGreaterThanOrEqual(place < 92 ? 0 : 2)
    }
  })
})

/** The name of the folder of the one boot there is. */
function folderIn(disk: Disk): string {
  return disk.list('/spool')?.find((name) => name.includes('.')) ?? ''
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
