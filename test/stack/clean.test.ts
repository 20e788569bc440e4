import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { run } from '../commands/cli.ts'
import { logsRequest } from './flows.ts'

test('the folder of the Collector loses the tasks to which nothing came for 14 days, and nothing else', async () => {
  const file = parse(readFileSync('docker-compose.yml', 'utf8')) as {
    services: { clean: { command: string[] } }
  }
  const [, options = ''] =
    /dist\/cli\.js clean --data \/data (.+?);/.exec(file.services.clean.command[0] ?? '') ?? []
  const words = options.replace('$${DAYS}', '14').split(' ')
  const folder = mkdtempSync(join(tmpdir(), 'fillpath-clean-'))
  /** As the Collector writes it: a request a line, whose records are of now in each of them. */
  const write = (path: string, daysAgo: number): void => {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), `${logsRequest('bot-a', [1, 2])}\n`)
    const at = Date.now() / 1000 - daysAgo * 86_400
    utimesSync(join(folder, path), at, at)
  }
  const over = ['tasks/over/events.jsonl', 'tasks/over/events-2026-01-02T15-04-05.000-size.jsonl']
  const kept = [
    'tasks/live/events.jsonl',
    'logs.jsonl',
    'logs-2026-01-02T15-04-05.000-size.jsonl',
    'traces.jsonl',
  ]
  for (const path of [...over, ...kept]) write(path, 40)
  // It was rotated long ago, and goes on.
  write('tasks/live/events.jsonl', 0)
  write('tasks/live/events-2026-01-02T15-04-05.000-size.jsonl', 40)
  const { code, stderr } = await run(['clean', '--data', folder, ...words])
  expect([code, stderr]).toEqual([
    0,
    expect.stringContaining('0 files compressed, 2 files deleted'),
  ])
  expect(existsSync(join(folder, 'tasks/over'))).toBe(false)
  for (const path of kept) expect(existsSync(join(folder, path)), path).toBe(true)
  expect(existsSync(join(folder, 'tasks/live/events-2026-01-02T15-04-05.000-size.jsonl'))).toBe(
    true,
  )
  rmSync(folder, { recursive: true, force: true })
})
