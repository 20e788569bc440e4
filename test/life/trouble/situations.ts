/** The situations that docs/trouble.md speaks of, by its headings. */
import { once } from 'node:events'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { openArchive } from '../../../src/archive/archive.ts'
import { manualClock } from '../../../src/base/clock.ts'
import { encodeLine } from '../../../src/wire/line.ts'
import { dailyPath } from '../../../src/wire/paths.ts'
import { severities } from '../../../src/semconv/severity.ts'
import { nowhere, startBot } from '../../commands/spool-bot.ts'
import { event, taskEvents } from '../../desk/store/scenario.ts'
import type { LogRecord } from '../../../src/wire/record.ts'

/** What a situation needs beside its files. */
export interface Situation {
  /** Ports of the page, and those that stand for them. */
  readonly ports?: ReadonlyMap<string, string>
  readonly end?: () => Promise<void>
}

const dayMs = 86_400_000

const dataOf = (folder: string): string => join(folder, 'fillpath-data')
const indexOf = (folder: string): string => join(dataOf(folder), 'index.db')

function writeLines(path: string, records: readonly LogRecord[], rest = ''): void {
  mkdirSync(join(path, '..'), { recursive: true })
  writeFileSync(path, records.map((record) => `${encodeLine(record)}\n`).join('') + rest)
}

/** Events of a day, as a desk keeps them. */
function writeDay(folder: string, records: readonly LogRecord[]): void {
  writeLines(join(dataOf(folder), dailyPath('events', '20260115')), records)
}

async function deadBot(folder: string): Promise<Situation> {
  const bot = await startBot(join(folder, 'fillpath-spool'), nowhere)
  await bot.kill()
  return {}
}

/** Files of a hundred, ten and three days ago. */
async function oldFiles(folder: string): Promise<Situation> {
  for (const age of [100, 10, 3]) {
    const clock = manualClock(BigInt(Date.now() - age * dayMs) * 1_000_000n)
    const archive = await openArchive({ folder: dataOf(folder), clock })
    await archive.write(taskEvents(`t${age}`, age, true))
    await archive.close()
  }
  return {}
}

async function takenPort(): Promise<Situation> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return {
    ports: new Map([['4318', String(address.port)]]),
    end: async () => void server.close(),
  }
}

async function usedFolder(folder: string): Promise<Situation> {
  const archive = await openArchive({ folder: dataOf(folder) })
  return { end: async () => archive.close() }
}

function alertsAndErrors(): LogRecord[] {
  const alert = event('trading.alert.raised', 0, {
    'trading.alert.level': 'warning',
    'trading.alert.title': 'latency is high',
  })
  const failed = [1, 2, 3].map((ms) => ({
    ...event('trading.api.error', ms, { 'error.type': 'RateLimitExceeded' }),
    severityNumber: severities.error,
    body: 'the venue says: slow down',
  }))
  return [{ ...alert, body: 'latency is high' }, ...failed]
}

/** Lays out the situation of a heading in an empty folder. */
export const situations: Readonly<
  Record<string, (folder: string) => Situation | Promise<Situation>>
> = {
  'Nothing arrives': deadBot,
  'The spool of the bot grows': deadBot,
  'The desk does not start: a port is taken': takenPort,
  'The desk does not start: the folder is in use': usedFolder,
  'The desk does not start: a setting is wrong': () => ({}),
  'The files are too large': oldFiles,
  'The index is damaged': (folder) => {
    writeDay(folder, taskEvents('t1', 0, true))
    writeFileSync(indexOf(folder), Buffer.alloc(8_192, 'x'))
    return {}
  },
  'The index is of a newer fillpath': (folder) => {
    writeDay(folder, taskEvents('t1', 0, true))
    const database = new DatabaseSync(indexOf(folder))
    database.exec('PRAGMA user_version = 999')
    database.close()
    return {}
  },
  'Nothing is found, and it should be': (folder) => {
    writeDay(
      folder,
      ['t10', 't12'].flatMap((task) => taskEvents(task, 0, true)),
    )
    return {}
  },
  'Times are of another zone, days end at the wrong hour': (folder) => {
    writeDay(folder, taskEvents('t1', 0, true))
    return {}
  },
  'Lines are there twice': (folder) => {
    writeLines(join(folder, 'again.jsonl'), taskEvents('t1', 0, true))
    return {}
  },
  'Lines could not be read': (folder) => {
    writeLines(join(folder, 'broken.jsonl'), taskEvents('t1', 0, true), '{"half of a li\n')
    return {}
  },
  'Was a file changed?': async (folder) => {
    const clock = manualClock(BigInt(Date.UTC(2026, 0, 15)) * 1_000_000n)
    const archive = await openArchive({ folder: dataOf(folder), clock })
    await archive.write(taskEvents('t1', 0, true))
    await archive.close()
    const path = join(dataOf(folder), dailyPath('events', '20260115'))
    const lines = readFileSync(path, 'utf8').split('\n')
    lines[1] = (lines[1] ?? '').replace('BTC', 'ETH')
    writeFileSync(path, lines.join('\n'))
    return {}
  },
  'Alerts come too often': (folder) => {
    writeDay(folder, alertsAndErrors())
    return {}
  },
}
