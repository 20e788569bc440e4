import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { channelName } from '../../../src/probe/ship/checkpoint-names.ts'
import { destinationOf } from '../../../src/probe/ship/endpoint.ts'
import { Stage, quick, refusing, textsOf, until } from '../../ship-stage.ts'
import { partialSuccess } from '../../stub-collector.ts'

let stage: Stage
beforeEach(() => {
  stage = new Stage()
})
afterEach(() => stage.close())

describe('delivery', () => {
  test('[D05, P1] all three signals arrive whole, in order, once, and leave the disk', async () => {
    const desk = await stage.desk()
    const logs = stage.emit(3000)
    const spans = stage.emit(500, { signal: 'span', class: 'critical' })
    const metrics = stage.emit(100, { signal: 'metric' })
    const before = stage.segments()
    expect(before.length).toBeGreaterThan(10)
    const shipper = stage.ship([stage.destination(desk)])
    expect(await shipper.flush(60_000)).toBe(true)
    expect(desk.account.order.filter((text) => text.startsWith('log'))).toEqual(logs)
    expect(desk.account.order.filter((text) => text.startsWith('span'))).toEqual(spans)
    expect(desk.account.order.filter((text) => text.startsWith('metric'))).toEqual(metrics)
    expect(desk.account.duplicates).toBe(0)
    const report = shipper.report()
    expect(report.channels.map(({ signal, delivered }) => [signal, delivered])).toEqual([
      ['log', 3000],
      ['span', 500],
      ['metric', 100],
    ])
    for (const { waiting } of report.channels) expect(waiting.records).toBe(0)
    stage.spool.roll()
    stage.emit(1, { class: 'critical' })
    stage.emit(1)
    await shipper.flush(60_000)
    // What is being written stays.
    await until(() => stage.segments().length === 2)
    for (const name of stage.segments()) expect(before).not.toContain(name)
  })

  test('records join requests of bounded count and bytes; a larger record goes alone', async () => {
    const sizes: number[] = []
    const desk = await stage.desk({ taken: (request) => sizes.push(textsOf(request).length) })
    stage.emit(1000)
    const [large] = stage.emit(1, { text: (plain) => plain + 'y'.repeat(5_000_000) })
    stage.emit(10)
    const shipper = stage.ship([stage.destination(desk)], {
      tuning: { recordsMax: 100, bytesMax: 10_000 },
    })
    expect(await shipper.flush(60_000)).toBe(true)
    expect(Math.max(...sizes)).toBeLessThanOrEqual(100)
    expect(sizes.length).toBeGreaterThan(10)
    expect(desk.account.received.get(large ?? '')).toBe(1)
    expect(desk.account.received.size).toBe(1011)
  })

  test('[P11] what is written while it ships arrives within a flush', async () => {
    const desk = await stage.desk()
    const shipper = stage.ship([stage.destination(desk)])
    for (let round = 0; round < 20; round += 1) {
      stage.emit(7)
      expect(await shipper.flush(60_000)).toBe(true)
      expect(desk.account.received.size).toBe((round + 1) * 7)
    }
  })

  test('compressed and not, the same records', async () => {
    const wire: [string | undefined, number, number][] = []
    const desk = await stage.desk({
      taken: ({ headers, wireBytes, body }) =>
        wire.push([headers['content-encoding'], wireBytes, body.length]),
    })
    const destination = stage.destination(desk, { compression: 'gzip' })
    const shipper = stage.ship([destination])
    stage.emit(500)
    await shipper.flush(60_000)
    expect(desk.account.received.size).toBe(500)
    for (const [encoding, wireBytes, bytes] of wire) {
      expect(encoding).toBe('gzip')
      expect(wireBytes).toBeLessThan(bytes / 4)
    }
  })
})

describe('[D05, P6] a receiver in trouble', () => {
  test.each([
    ['503', { status: 503 }],
    ['500, as a Collector with a full disk answers', { status: 500 }],
    ['429 with Retry-After', { status: 429, headers: { 'retry-after': '1' } }],
    ['408', { status: 408 }],
    ['401', { status: 401 }],
    ['404', { status: 404 }],
    ['a redirect', { status: 302, headers: { location: 'http://127.0.0.1:9/' } }],
    ['a reset in the body', 'reset'],
  ] as const)('%s: all is kept and delivered when it is well again', async (_, behaviour) => {
    const desk = await stage.desk({ behaviour })
    const texts = stage.emit(200)
    const shipper = stage.ship([stage.destination(desk)])
    await until(() => Object.values(failures(shipper)).some((count) => count >= 3))
    expect(await shipper.flush(5000)).toBe(false)
    expect(desk.account.received.size).toBe(0)
    desk.stub.behave('accept')
    await until(() => stage.codes().includes('sink_up'))
    expect(await shipper.flush(60_000)).toBe(true)
    expect(desk.account.order).toEqual(texts)
    expect(desk.account.duplicates).toBe(0)
    expect(stage.quarantine()).toEqual([])
  })

  test.each([
    ['no answer', 'hang'],
    ['an answer that breaks off', 'reset_answer'],
  ] as const)('%s: sent again, although it may have been taken', async (_, behaviour) => {
    const desk = await stage.desk({ behaviour })
    const texts = stage.emit(200)
    const shipper = stage.ship([stage.destination(desk, { timeoutMs: 200 })])
    await until(() => Object.values(failures(shipper)).some((count) => count >= 3))
    expect(await shipper.flush(5000)).toBe(false)
    desk.stub.behave('accept')
    await until(() => stage.codes().includes('sink_up'))
    expect(await shipper.flush(60_000)).toBe(true)
    expect(desk.account.order).toEqual(texts)
    expect(stage.quarantine()).toEqual([])
  })

  test('a closed port: said once when it closes and once when it opens', async () => {
    const desk = await stage.desk()
    const shipper = stage.ship([stage.destination(desk)])
    await desk.stub.down()
    const texts = stage.emit(100)
    await until(() => stage.codes().includes('sink_down'))
    texts.push(...stage.emit(100))
    await desk.stub.up()
    await until(() => desk.account.received.size === 200)
    expect(desk.account.order).toEqual(texts)
    expect(await shipper.flush(60_000)).toBe(true)
    expect(stage.codes()).toEqual(['sink_down', 'sink_up'])
    expect(shipper.report().channels[0]).toMatchObject({ up: true, delivered: 200 })
  })

  test('Retry-After is waited for', async () => {
    const desk = await stage.desk({
      behaviour: { status: 503, headers: { 'retry-after': '3600' } },
    })
    stage.emit(1)
    const shipper = stage.ship([stage.destination(desk)], {
      tuning: { retryAfterMaxMs: 3_600_000 },
    })
    await until(() => desk.stub.requests === 1)
    desk.stub.behave('accept')
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(desk.stub.requests).toBe(1)
    // A flush does not wait for it: somebody wants to end.
    expect(await shipper.flush(60_000)).toBe(true)
  })

  test('one signal that is refused holds back no other', async () => {
    const desk = await stage.desk({
      behaviour: ({ path }) => (path.endsWith('/v1/metrics') ? { status: 401 } : 'accept'),
    })
    const shipper = stage.ship([stage.destination(desk)])
    stage.emit(50, { signal: 'metric' })
    stage.emit(5000)
    stage.emit(50, { signal: 'span' })
    await until(() => desk.account.received.size === 5050)
    expect(await shipper.flush(100)).toBe(false)
    desk.stub.behave('accept')
    await until(() => stage.codes().length > 1)
    expect(await shipper.flush(60_000)).toBe(true)
    expect(desk.account.received.size).toBe(5100)
    expect(stage.codes()).toEqual(['sink_misconfigured', 'sink_up'])
  })
})

describe('[P6, P8] several destinations', () => {
  test('a dead one never blocks another, and segments wait for both', async () => {
    const alive = await stage.desk()
    const dead = await stage.desk()
    await dead.stub.down()
    const shipper = stage.ship([stage.destination(alive), stage.destination(dead)])
    const texts = stage.emit(2000)
    await until(() => alive.account.received.size === 2000)
    const before = stage.segments()
    await shipper.flush(50)
    expect(stage.segments()).toEqual(before)
    expect(before.length).toBeGreaterThan(3)
    await dead.stub.up()
    await until(() => dead.account.received.size === 2000)
    expect(dead.account.order).toEqual(texts)
    expect(await shipper.flush(60_000)).toBe(true)
    await until(() => stage.segments().length === 1)
    expect(alive.account.duplicates + dead.account.duplicates).toBe(0)
  })

  test('one that is removed is forgotten, with a line, and nobody waits for it', async () => {
    const alive = await stage.desk()
    const gone = await stage.desk()
    stage.emit(100)
    const first = stage.ship([stage.destination(alive), stage.destination(gone)])
    await first.flush(60_000)
    await gone.stub.down()
    stage.emit(100)
    await first.flush(60_000)
    await first.stop(0)
    await stage.closeSpool()

    const second = stage.ship([stage.destination(alive)])
    const removed = stage.notices.filter(({ code }) => code === 'destination_removed')
    expect(removed.map(({ message }) => message)).toEqual([
      `${gone.stub.url} log is not a destination any more; 100 records that it has not got will not be sent to it`,
    ])
    await second.flush(60_000)
    await until(() => stage.segments().length === 0)
    expect(await second.flush(60_000)).toBe(true)
    expect(alive.account.received.size).toBe(200)
    expect(alive.account.duplicates).toBe(0)
  })

  test('one that is removed and has everything goes without a word', async () => {
    const alive = await stage.desk()
    const done = await stage.desk()
    stage.emit(100)
    await stage.ship([stage.destination(alive), stage.destination(done)]).stop(60_000)
    await stage.closeSpool()
    // The next run has written before it sends: none of that was meant for the one that is gone.
    stage.emit(50)
    await stage.ship([stage.destination(alive)]).flush(60_000)
    expect(alive.account.received.size).toBe(150)
    expect(stage.codes()).toEqual([])
    const names = readdirSync(stage.folder, { recursive: true, encoding: 'utf8' })
    expect(names.filter((name) => name.includes(encodeURIComponent(done.stub.url)))).toEqual([])
  })

  test.each([
    `https://gateway.example/${'a/%20ü'.repeat(100)}`,
    '/home/用户/量化交易/对冲机器人/生产环境/遥测数据/日志文件夹/二〇二六年',
    `/srv/${'🤖'.repeat(40)}`,
  ])('a long name and a name with slashes are checkpoints too: %s', async (name) => {
    const desk = await stage.desk()
    const destination = stage.destination(desk, { name })
    stage.emit(10)
    const first = stage.ship([destination])
    await first.stop(60_000)
    await stage.closeSpool()
    const second = stage.ship([destination])
    await second.flush(60_000)
    expect(desk.account.received.size).toBe(10)
    expect(desk.account.duplicates).toBe(0)
    expect(channelName(name, 'log')).not.toBe(channelName(`${name}b`, 'log'))
  })
})

describe('[P8] poison', () => {
  test('a record that is refused goes into the quarantine with the reason; the rest is delivered', async () => {
    const desk = await stage.desk({ behaviour: refusing((text) => text.includes('poison')) })
    const good = stage.emit(100)
    const [bad] = stage.emit(1, { text: (plain) => `poison ${plain}` })
    good.push(...stage.emit(100))
    const shipper = stage.ship([stage.destination(desk)])
    expect(await shipper.flush(60_000)).toBe(true)
    expect(desk.account.order).toEqual(good)
    const [kept, ...more] = stage.quarantine()
    expect(more).toEqual([])
    expect(kept?.note).toMatchObject({
      reason: 'HTTP 400: this record is poison',
      records: 1,
      destination: channelName(desk.stub.url, 'log'),
    })
    expect(Buffer.from(kept?.bytes ?? []).toString()).toContain(bad)
    expect(stage.codes()).toEqual(['poison'])
    expect(shipper.report().channels[0]).toMatchObject({ delivered: 200, quarantined: 1 })
  })

  test('a receiver that refuses everything, even nothing, gets nothing put aside', async () => {
    const desk = await stage.desk({ behaviour: { status: 400 } })
    const texts = stage.emit(20)
    const shipper = stage.ship([stage.destination(desk)])
    await until(() => stage.codes().includes('sink_misconfigured'))
    texts.push(...stage.emit(20))
    expect(await shipper.flush(200)).toBe(false)
    expect(stage.quarantine()).toEqual([])
    desk.stub.behave('accept')
    await until(() => stage.codes().length > 1)
    expect(await shipper.flush(60_000)).toBe(true)
    // It may have come to its senses in the middle of a request that was being halved.
    expect(desk.account.order.toSorted()).toEqual(texts.toSorted())
    expect(desk.account.duplicates).toBe(0)
    expect(stage.quarantine()).toEqual([])
    expect(stage.codes()).toEqual(['sink_misconfigured', 'sink_up'])
  })

  test('a receiver that refuses nothing-at-all as well as poison: the next good record tells them apart', async () => {
    const desk = await stage.desk({
      behaviour: (request) =>
        request.body.length === 0
          ? { status: 400 }
          : refusing((text) => text.includes('poison'))(request),
    })
    stage.emit(2, { text: (plain) => `poison ${plain}` })
    const shipper = stage.ship([stage.destination(desk)])
    await until(() => stage.codes().includes('sink_misconfigured'))
    expect(stage.quarantine()).toEqual([])
    const good = stage.emit(1)
    await until(() => desk.account.received.size === 1)
    expect(await shipper.flush(60_000)).toBe(true)
    expect(desk.account.order).toEqual(good)
    expect(stage.quarantine()).toHaveLength(2)
  })

  test('a partial success is not sent again; what was refused is counted and said with the reason', async () => {
    const desk = await stage.desk({
      behaviour: (request) => {
        const bad = textsOf(request).filter((text) => text.includes('poison')).length
        return bad > 0 ? { status: 200, body: partialSuccess(bad, 'too old') } : 'accept'
      },
    })
    stage.emit(50)
    stage.emit(3, { text: (plain) => `poison ${plain}` })
    const shipper = stage.ship([stage.destination(desk)])
    expect(await shipper.flush(60_000)).toBe(true)
    expect(desk.account.duplicates).toBe(0)
    expect(shipper.report().channels[0]).toMatchObject({ delivered: 50, quarantined: 3 })
    const [kept, ...more] = stage.quarantine()
    expect(more).toEqual([])
    expect(kept?.bytes).toHaveLength(0)
    expect(kept?.note).toMatchObject({
      records: 3,
      reason: '3 of 53 records from here on, not said which: too old',
      destination: channelName(desk.stub.url, 'log'),
    })
    expect(stage.codes()).toEqual(['partly_rejected'])
    expect(stage.notices[0]?.message).toContain(
      'took 50 of 53 logs and refused 3 for good (too old)',
    )
  })

  test('413: smaller requests from then on; a record that never fits is put aside', async () => {
    const sizes: number[] = []
    const desk = await stage.desk({
      behaviour: ({ body }) => {
        sizes.push(body.length)
        return body.length > 20_000 ? { status: 413 } : 'accept'
      },
    })
    const texts = stage.emit(300)
    const shipper = stage.ship([stage.destination(desk)])
    await shipper.flush(60_000)
    expect(desk.account.order).toEqual(texts)
    const before = sizes.length
    stage.emit(1, { text: (plain) => plain + 'z'.repeat(30_000) })
    texts.push(...stage.emit(300))
    await shipper.flush(60_000)
    expect(desk.account.order).toEqual(texts)
    expect(stage.quarantine().map(({ note }) => note.reason)).toEqual(['HTTP 413'])
    expect(sizes.slice(before).filter((size) => size > 20_000).length).toBeLessThanOrEqual(2)
  })
})

describe('[P11] a backlog', () => {
  test('new records get four of five requests while an old run is sent; each line keeps its order', async () => {
    const old = [...stage.emit(2000), ...stage.emit(2000, { class: 'critical' })]
    await stage.closeSpool()
    const isOld = new Set(old)
    const requests: string[][] = []
    let oldLeft = old.length
    const desk = await stage.desk({
      delayMs: 5,
      taken(request) {
        const texts = textsOf(request)
        requests.push(texts)
        if (isOld.has(texts[0] ?? '')) oldLeft -= texts.length
      },
    })
    const fresh: string[] = []
    const shipper = stage.ship([stage.destination(desk)], { tuning: { recordsMax: 200 } })
    // oxlint-disable-next-line no-unmodified-loop-condition -- the receiver counts it down
    while (oldLeft > 0) {
      fresh.push(...stage.emit(10))
      await new Promise((resolve) => setTimeout(resolve, 2))
    }
    expect(await shipper.flush(60_000)).toBe(true)
    const ofBoth = requests.slice(
      0,
      requests.findLastIndex((texts) => isOld.has(texts[0] ?? '')) + 1,
    )
    const live = ofBoth.filter((texts) => !isOld.has(texts[0] ?? ''))
    expect(live.length / ofBoth.length).toBeGreaterThanOrEqual(0.75)
    expect(desk.account.order.filter((text) => !isOld.has(text))).toEqual(fresh)
    expect(desk.account.order.filter((text) => isOld.has(text))).toEqual(old)
    expect(desk.account.duplicates).toBe(0)
  })

  test('metrics go oldest first, for Prometheus takes the points of a series forward only', async () => {
    const old = stage.emit(500, { signal: 'metric' })
    await stage.closeSpool()
    const desk = await stage.desk()
    const shipper = stage.ship([stage.destination(desk)], { tuning: { recordsMax: 50 } })
    const fresh = stage.emit(500, { signal: 'metric' })
    expect(await shipper.flush(60_000)).toBe(true)
    expect(desk.account.order).toEqual([...old, ...fresh])
  })
})

describe('[P15] the end', () => {
  test('stop with a dead receiver is bounded, and the next start sends the rest', async () => {
    const desk = await stage.desk({ behaviour: 'hang' })
    const texts = stage.emit(100)
    const shipper = stage.ship([stage.destination(desk, { timeoutMs: 60_000 })])
    expect(await shipper.stop(100)).toBe(false)
    expect(await shipper.stop(100)).toBe(false)
    desk.stub.behave('accept')
    const next = stage.ship([stage.destination(desk)])
    expect(await next.stop(60_000)).toBe(true)
    expect(desk.account.order).toEqual(texts)
  })

  test('a clean stop leaves nothing to send twice', async () => {
    const desk = await stage.desk()
    stage.emit(100)
    expect(await stage.ship([stage.destination(desk)]).stop(60_000)).toBe(true)
    await stage.closeSpool()
    stage.emit(100)
    expect(await stage.ship([stage.destination(desk)]).stop(60_000)).toBe(true)
    expect(desk.account.received.size).toBe(200)
    expect(desk.account.duplicates).toBe(0)
  })

  test('checkpoints of others stay when a tool empties the folder on the side', async () => {
    const desk = await stage.desk()
    const tool = await stage.desk()
    stage.emit(10)
    await stage.ship([stage.destination(desk)]).stop(60_000)
    const checkpoints = () =>
      readdirSync(stage.folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
        name.includes('checkpoint-'),
      )
    const before = checkpoints()
    expect(before).toHaveLength(3)
    await stage.ship([stage.destination(tool)], { forgetOthers: false }).stop(60_000)
    expect(checkpoints()).toEqual(expect.arrayContaining(before))
    expect(tool.account.received.size).toBe(10)
  })
})

test('a destination that takes no metrics waits for none', async () => {
  const desk = await stage.desk()
  const { name, endpoints } = destinationOf({ url: desk.stub.url }, 'test')
  const { log, span } = endpoints
  stage.emit(10, { signal: 'metric' })
  stage.emit(10)
  const shipper = stage.ship([{ name, endpoints: { ...(log && { log }), ...(span && { span }) } }])
  expect(await shipper.flush(60_000)).toBe(true)
  expect(desk.account.received.size).toBe(10)
  stage.spool.roll()
  stage.emit(1)
  await shipper.flush(60_000)
  await until(() => stage.segments().length === 1)
  expect(existsSync(join(stage.folder, 'quarantine'))).toBe(false)
})

test('the tuning of the tests changes times only', () => {
  expect(Object.keys(quick).every((key) => key.endsWith('Ms'))).toBe(true)
})

function failures(shipper: { report(): { channels: readonly { failures: object }[] } }) {
  return shipper.report().channels[0]?.failures ?? {}
}
