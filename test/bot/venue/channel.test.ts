import { expect, test } from 'vitest'
import { randomStream } from '../../../src/bot/random.ts'
import { Timeline } from '../../../src/bot/timeline.ts'
import { Channel, type ChannelFaults } from '../../../src/bot/venue/channel.ts'

async function* nothing(): AsyncGenerator<{ timeNs: bigint }> {}

interface World {
  readonly timeline: Timeline
  readonly channel: Channel<number>
  readonly seen: string[]
  readonly run: () => Promise<void>
}

/** A reader that notes what it gets, at which ms, and reconnects when it must. */
function world(faults: ChannelFaults): World {
  const timeline = new Timeline({ startNs: 0n })
  const channel = new Channel<number>({
    name: 'test',
    timeline,
    random: randomStream(1, 'channel'),
    faults,
  })
  const seen: string[] = []
  const read = async (): Promise<void> => {
    for (;;) {
      try {
        seen.push((await channel.next()).join(' '))
      } catch {
        seen.push(`broken at ${timeline.elapsedMs}`)
      }
    }
  }
  return {
    timeline,
    channel,
    seen,
    run: () => {
      void read()
      return timeline.run(nothing(), { event: () => {}, end: () => {} })
    },
  }
}

test('messages arrive in order when nothing goes wrong', async () => {
  const { timeline, channel, seen, run } = world({ delayMs: 10 })
  for (const message of [1, 2, 3]) timeline.after(message * 50, () => channel.send(message))
  await run()
  expect(seen).toEqual(['1', '2', '3'])
})

test('late messages are overtaken, and some come twice', async () => {
  const { timeline, channel, seen, run } = world({
    delayMs: 5,
    lateShare: 0.4,
    lateMs: 100,
    twiceShare: 0.4,
  })
  const sent = Array.from({ length: 40 }, (_, index) => index)
  for (const message of sent) timeline.after(message * 10, () => channel.send(message))
  await run()
  const got = seen.flatMap((batch) => batch.split(' ').map(Number))
  expect(new Set(got)).toEqual(new Set(sent))
  expect(got.length).toBeGreaterThan(sent.length + 5)
  expect(got).not.toEqual(got.toSorted((a, b) => a - b))
})

test('what is sent while the connection is down is lost, also what was on its way', async () => {
  const { timeline, channel, seen, run } = world({ delayMs: 10 })
  timeline.after(0, () => channel.send(1))
  timeline.after(99, () => channel.send(2))
  timeline.after(100, () => channel.break(200))
  timeline.after(150, () => channel.send(3))
  timeline.after(290, () => channel.send(4))
  timeline.after(600, () => channel.send(5))
  await run()
  // A reconnect takes 150 ms: the first try at 250 is too early, the second at 400 succeeds.
  expect(seen).toEqual(['1', 'broken at 100', 'broken at 250', '5'])
})

test('a reader that comes late is told that the connection broke', async () => {
  const { timeline, channel } = world({ delayMs: 1 })
  const told: string[] = []
  timeline.after(10, () => channel.break(0))
  timeline.after(20, () => {
    channel.next().then(
      () => told.push('message'),
      (error: unknown) => told.push(String(error)),
    )
  })
  await timeline.run(nothing(), { event: () => {}, end: () => {} })
  expect(told).toEqual(['NetworkError: test: connection closed by the venue (1006)'])
})
