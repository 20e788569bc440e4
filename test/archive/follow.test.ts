import { appendFileSync, mkdirSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { manualClock } from '../../src/base/clock.ts'
import { openArchive } from '../../src/archive/archive.ts'
import { followLines } from '../../src/archive/follow.ts'
import { storedNow } from '../../src/archive/recent.ts'
import { decodeLine } from '../../src/wire/line.ts'
import { Folder, at, log } from './records.ts'
import type { FollowOptions } from '../../src/archive/follow.ts'

let folder: Folder
let stop: AbortController
beforeEach(() => {
  folder = new Folder()
  stop = new AbortController()
  mkdirSync(join(folder.path, 'logs'))
})
afterEach(() => {
  stop.abort()
  folder.remove()
})

const path = (day: string): string => join(folder.path, `logs/events_${day}.jsonl`)

/** Follows in the background; waits for a number of lines, and a moment for one too many. */
function follow(options: Partial<FollowOptions> = {}): (count: number) => Promise<string[]> {
  const lines: string[] = []
  const following = (async () => {
    const all = { signal: stop.signal, intervalMs: 10, ...options }
    for await (const batch of followLines(folder.path, 'events', all)) lines.push(...batch)
  })()
  return async (count) => {
    while (lines.length < count) await sleep(5)
    await sleep(60)
    if (stop.signal.aborted) await following
    return lines
  }
}

describe('following', () => {
  test('gives each line once, whole, also when it is written in pieces', async () => {
    const got = follow()
    await got(0)
    writeFileSync(path('20261121'), 'one\ntw')
    await got(1)
    appendFileSync(path('20261121'), 'o\nthree ä')
    await got(2)
    appendFileSync(path('20261121'), '\n')
    expect(await got(3)).toEqual(['one', 'two', 'three ä'])
  })

  test('begins where reading stopped', async () => {
    writeFileSync(path('20261120'), 'old\n')
    writeFileSync(path('20261121'), 'read\nhal')
    const stored = await storedNow(folder.path, 'events')
    const got = follow({ fromBytes: stored.ends, fromDay: stored.lastDay })
    appendFileSync(path('20261121'), 'f\nnew\n')
    expect(await got(2)).toEqual(['half', 'new'])
  })

  test('goes on with the file of the next day, after the last line of the one before', async () => {
    writeFileSync(path('20261121'), 'a\n')
    const got = follow()
    await got(1)
    appendFileSync(path('20261121'), 'b\n')
    writeFileSync(path('20261122'), 'c\n')
    await got(3)
    appendFileSync(path('20261122'), 'd\n')
    expect(await got(4)).toEqual(['a', 'b', 'c', 'd'])
  })

  test('gives what was taken back and written again once', async () => {
    writeFileSync(path('20261121'), 'kept\nin doubt\nin doubt too\n')
    const got = follow()
    await got(3)
    truncateSync(path('20261121'), 5)
    // A hundred looks at the file: it has to be seen short before it is long again.
    await sleep(1000)
    appendFileSync(path('20261121'), 'other\nin doubt\nin doubt too\nin doubt\n')
    expect(await got(5)).toEqual(['kept', 'in doubt', 'in doubt too', 'other', 'in doubt'])
  })

  test('loses nothing of a busy archive over midnight', async () => {
    const clock = manualClock(at(0))
    const archive = await openArchive({ folder: folder.path, clock })
    const got = follow({ intervalMs: 1 })
    for (let index = 0; index < 300; index += 1) {
      if (index % 100 === 50) clock.advanceMs(86_400_000)
      await archive.write([log(`${index}`), log(`${index} again`)])
    }
    const bodies = (await got(600)).map((line) => {
      const record = decodeLine(line)
      return record.signal === 'log' ? record.body : ''
    })
    await archive.close()
    expect(bodies).toEqual(
      Array.from({ length: 300 }, (_, index) => [`${index}`, `${index} again`]).flat(),
    )
  })
})
