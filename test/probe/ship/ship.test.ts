import { execFile } from 'node:child_process'
import { closeSync, existsSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Destination } from '../../../src/probe/ship/endpoint.ts'
import { startShip } from '../../../src/probe/ship/ship.ts'
import type { Ship, ShipOptions } from '../../../src/probe/ship/ship.ts'
import { Stage, quick, until } from '../../ship-stage.ts'

const fixtures = join(import.meta.dirname, '../../fixtures/ship')
const run = promisify(execFile)

let stage: Stage
let ships: Ship[]
beforeEach(() => {
  stage = new Stage()
  ships = []
})
afterEach(async () => {
  for (const ship of ships) await ship.stop(0)
  await stage.close()
})

function start(destinations: Destination[], options: Partial<ShipOptions> = {}): Ship {
  const ship = startShip({
    place: stage.spool.place,
    destinations,
    tuning: quick,
    onNotice: (notice) => stage.notices.push(notice),
    onSpoolNotice: () => undefined,
    ...options,
  })
  ships.push(ship)
  return ship
}

describe('a worker', () => {
  test('[D05] ships what was written before and what is written meanwhile, and reports', async () => {
    const desk = await stage.desk()
    const texts = stage.emit(1000)
    const ship = start([stage.destination(desk)])
    texts.push(...stage.emit(1000))
    expect(await ship.flush(60_000)).toBe(true)
    expect(desk.account.order).toEqual(texts)
    expect(ship.report().channels[0]).toMatchObject({ signal: 'log', delivered: 2000, up: true })
    texts.push(...stage.emit(10))
    expect(await ship.stop(60_000)).toBe(true)
    expect(desk.account.order).toEqual(texts)
    expect(desk.account.duplicates).toBe(0)
  })

  test('[X40] what it has to say comes to the main thread', async () => {
    const desk = await stage.desk({ behaviour: { status: 503 } })
    stage.emit(10)
    const ship = start([stage.destination(desk)])
    await until(() => stage.codes().includes('sink_down'))
    await until(() => (ship.report().channels[0]?.failures['503'] ?? 0) > 2)
    expect(ship.report().channels[0]).toMatchObject({ up: false, delivered: 0 })
    expect(await ship.flush(200)).toBe(false)
    desk.stub.behave('accept')
    await until(() => stage.codes().includes('sink_up'))
    expect(await ship.flush(60_000)).toBe(true)
  })

  test('[P2, P13] that falls over again and again is started again, said, and nothing is lost', async () => {
    const desk = await stage.desk()
    const lives = join(stage.folder, 'lives')
    const workerUrl = pathToFileURL(join(fixtures, 'falling-worker.ts'))
    const ship = start([stage.destination(desk)], {
      workerUrl,
      // It ends by its own faults alone, however slowly it is loaded.
      tuning: { ...quick, silentMsMax: 3_600_000 },
    })
    const texts = stage.emit(500)
    for (const life of [1, 2, 3]) {
      // Each life begins at the last checkpoint, and the first three save none.
      await until(() => desk.account.received.size + desk.account.duplicates === 500 * life)
      writeFileSync(join(stage.folder, `fall-${life}`), '')
      await until(() => stage.codes().filter((code) => code === 'worker_failed').length === life)
    }
    texts.push(...stage.emit(500))
    await until(() => desk.account.received.size === 1000)
    expect(readFileSync(lives, 'utf8')).toBe('xxxx')
    expect(desk.account.order).toEqual(texts)
    expect(desk.account.duplicates).toBe(1500)
    expect(stage.notices[0]?.message).toMatch(/^the worker ended \(Error: fell over\)/)
    expect(await ship.flush(60_000)).toBe(true)
  })

  test('[D09] that hangs is ended for want of a heartbeat, started again, said, and nothing is lost', async () => {
    const desk = await stage.desk()
    const workerUrl = pathToFileURL(join(fixtures, 'stuck-worker.ts'))
    const ship = start([stage.destination(desk)], {
      workerUrl,
      tuning: { ...quick, silentMsMax: 8000 },
    })
    const texts = stage.emit(100)
    await until(() => stage.codes().filter((code) => code === 'worker_failed').length >= 2)
    texts.push(...stage.emit(100))
    await until(() => desk.account.received.size === 200)
    expect(readFileSync(join(stage.folder, 'lives'), 'utf8').length).toBeGreaterThanOrEqual(3)
    expect(new Set(desk.account.order)).toEqual(new Set(texts))
    expect(stage.notices[0]?.message).toMatch(/^the worker ended \(no sign of life for 8 s\)/)
    expect(await ship.flush(60_000)).toBe(true)
  })

  test('[D09] a receiver that takes the connection and says nothing: a new one is made, again and again', async () => {
    const desk = await stage.desk({ behaviour: 'hang' })
    const texts = stage.emit(10)
    start([stage.destination(desk, { timeoutMs: 300 })])
    await until(() => desk.stub.requests >= 4)
    expect(desk.account.received.size).toBe(0)
    expect(desk.stub.connections).toBeGreaterThanOrEqual(4)
    desk.stub.behave('accept')
    await until(() => desk.account.received.size === 10)
    expect(desk.account.order).toEqual(texts)
    await until(() => stage.codes().includes('sink_up'))
    expect(stage.codes()).toEqual(expect.arrayContaining(['sink_down', 'sink_up']))
  })

  test('[D09, P15] that a file system holds is said; it holds back neither the bot nor what is done at its end, and is started again when it comes free', async () => {
    const desk = await stage.desk()
    const workerUrl = pathToFileURL(join(fixtures, 'blocked-worker.ts'))
    const fifo = join(stage.folder, 'fifo')
    await run('mkfifo', [fifo])
    const release = (): void => closeSync(openSync(fifo, 'r+'))
    const ship = start([stage.destination(desk)], {
      workerUrl,
      tuning: { ...quick, silentMsMax: 8000 },
    })
    const texts = stage.emit(10)
    const held = /cannot be ended: a file system does not answer it/
    // One that is not even loaded after 8 s is ended before, and said too.
    await until(() => stage.notices.some(({ message }) => held.test(message)))
    expect(await ship.flush(1)).toBe(false)
    release()
    await until(() => desk.account.received.size === texts.length)
    // One that is held until the end.
    const lives = join(stage.folder, 'lives')
    rmSync(lives)
    const other = start([], { workerUrl })
    await until(() => existsSync(lives))
    expect(await other.stop(1)).toBe(false)
    release()
  })

  test('[P15] stop with a receiver that never answers is bounded, runs once, and never rejects', async () => {
    const desk = await stage.desk({ behaviour: 'hang' })
    const texts = stage.emit(10)
    const ship = start([stage.destination(desk, { timeoutMs: 3_600_000 })])
    await until(() => desk.stub.requests > 0)
    expect(await Promise.all([ship.stop(100), ship.stop(100), ship.flush(100)])).toEqual([
      false,
      false,
      false,
    ])
    expect(await ship.flush(100)).toBe(false)
    desk.stub.behave('accept')
    const next = start([stage.destination(desk)])
    expect(await next.flush(60_000)).toBe(true)
    expect(desk.account.order).toEqual(texts)
  })
})

test('where the file of the worker is missing, this thread sends, and says so', async () => {
  const desk = await stage.desk()
  const texts = stage.emit(100)
  const workerUrl = pathToFileURL(join(stage.folder, 'no-such-worker.js'))
  const ship = start([stage.destination(desk)], { workerUrl })
  expect(stage.codes()).toEqual(['worker_missing'])
  expect(await ship.flush(60_000)).toBe(true)
  expect(ship.report().channels[0]).toMatchObject({ delivered: 100 })
  expect(await ship.stop(60_000)).toBe(true)
  expect(desk.account.order).toEqual(texts)
})

describe('a process', () => {
  const send = async (url: string, end: string, args: string[] = [], env = {}) => {
    const program = [...args, join(fixtures, 'sender.ts'), stage.folder, url, end]
    return run(process.execPath, program, { env: { ...process.env, ...env }, timeout: 120_000 })
  }

  test.each(['flush', 'stop'])('waits for %s and then ends by itself', async (end) => {
    const desk = await stage.desk()
    expect((await send(desk.stub.url, end)).stdout).toBe('sent true\n')
    expect(desk.account.received.size).toBe(100)
  })

  test('is not kept alive by the worker', async () => {
    const desk = await stage.desk({ behaviour: 'hang' })
    expect((await send(desk.stub.url, 'end')).stdout).toBe('')
  })

  test('that may not start threads sends by itself, and says so', async () => {
    const desk = await stage.desk()
    const ended = await send(desk.stub.url, 'flush', [
      '--permission',
      '--allow-fs-read=*',
      '--allow-fs-write=*',
    ])
    expect(ended.stdout).toBe('sent true\n')
    expect(ended.stderr).toMatch(/no thread can be started .*; the bot's own thread sends instead/)
    expect(desk.account.received.size).toBe(100)
  })

  test('that preloads a module does not load it in the worker too', async () => {
    const desk = await stage.desk()
    const preload = pathToFileURL(join(fixtures, 'preload.mjs')).href
    const byArgument = await send(desk.stub.url, 'flush', [`--import=${preload}`])
    expect(byArgument.stdout).toBe('preloaded\nsent true\n')
    const byVariable = await send(desk.stub.url, 'flush', [], {
      NODE_OPTIONS: `--import=${preload}`,
    })
    expect(byVariable.stdout).toBe('preloaded\nsent true\n')
  })
})

test('[B49] a worker that looks once an hour looks at once when the bell is rung', async () => {
  const desk = await stage.desk()
  const ship = start([stage.destination(desk)], { tuning: { ...quick, lookMs: 3_600_000 } })
  await ship.flush(60_000)
  for (let round = 1; round <= 5; round += 1) {
    stage.emit(10)
    ship.ring()
    await until(() => desk.account.received.size === round * 10)
  }
})
