/** What owners do at the same time on one folder, each in a process of its own. */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { encodeLine } from '../../src/wire/line.ts'
import { Running, run } from '../commands/cli.ts'
import { allRows } from '../desk/store/rows.ts'
import { taskEvents } from '../desk/store/scenario.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fillpath-beside-'))
})
afterEach(() => {
  rmSync(folder, { recursive: true, force: true })
})

const free = ['--http-port', '0', '--grpc-port', '0', '--json'] as const

/** Sends one line to a desk, and tells the status of its answer. */
async function send(port: number, body: string): Promise<number> {
  const records = [{ body: { stringValue: body } }]
  const request = { resourceLogs: [{ scopeLogs: [{ logRecords: records }] }] }
  const answer = await fetch(`http://127.0.0.1:${port}/v1/logs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(request),
  })
  return answer.status
}

function portOf(desk: Running): number {
  const started: { ports: { http: number } } = JSON.parse(desk.stdout.split('\n')[0] ?? '')
  return started.ports.http
}

test('[P14] a second desk on a folder is refused with what to do, and the first goes on', async () => {
  const first = new Running(['desk', '--data', folder, ...free])
  await first.says('started')
  expect(await send(portOf(first), 'before')).toBe(200)
  const second = await run(['desk', '--data', folder, ...free])
  expect(second).toMatchObject({ code: 1, stdout: '' })
  const { error } = JSON.parse(second.stderr)
  expect(error.code).toBe('folder_in_use')
  expect(error.message).toContain(`${folder} is used by process ${first.child.pid} (node`)
  expect(error.hint).toContain('--data')
  // What would change the files under it is refused just so; what only reads is not.
  const cleaned = await run(['clean', '--data', folder])
  expect(cleaned.code).toBe(1)
  expect(cleaned.stderr).toContain('[folder_in_use]')
  expect(await run(['verify', folder])).toMatchObject({ code: 0 })
  expect(await send(portOf(first), 'after')).toBe(200)
  expect(await first.interrupted()).toMatchObject({ code: 0 })
  const third = new Running(['desk', '--data', folder, ...free])
  await third.says('started')
  expect(await send(portOf(third), 'later')).toBe(200)
  await third.interrupted()
  const tailed = await run(['tail', '--no-follow', '--data', folder, '--json'])
  const texts = tailed.stdout.trimEnd().split('\n')
  expect(texts.map((line) => JSON.parse(line).message)).toEqual(['before', 'after', 'later'])
})

test('[P14] a desk that was killed leaves its folder to the next one', async () => {
  const first = new Running(['desk', '--data', folder, ...free])
  await first.says('started')
  expect(await send(portOf(first), 'before')).toBe(200)
  const ended = first.ended()
  first.child.kill('SIGKILL')
  await ended
  expect(JSON.parse(readFileSync(join(folder, 'desk.lock'), 'utf8')).pid).toBe(first.child.pid)
  const second = new Running(['desk', '--data', folder, ...free])
  await second.says('started')
  expect(await send(portOf(second), 'after')).toBe(200)
  expect(await second.interrupted()).toMatchObject({ code: 0, stderr: '' })
})

/** Lines of many tasks, over the files of some days. */
function writeFiles(path: string): void {
  mkdirSync(join(path, 'logs'), { recursive: true })
  for (let day = 10; day < 16; day += 1) {
    const lines: string[] = []
    for (let task = 0; lines.length < 1_500; task += 1) {
      const events = taskEvents(`t${day}-${task}`, task * 1_000, task % 3 > 0)
      lines.push(...events.map((event) => encodeLine(event)))
    }
    writeFileSync(join(path, `logs/events_202601${day}.jsonl`), `${lines.join('\n')}\n`)
  }
}

test('[P12, B44, B52] two imports at once while others ask: no lock reaches anyone, and the rows are those of one', async () => {
  const alone = join(folder, 'alone')
  const shared = join(folder, 'shared')
  writeFiles(alone)
  cpSync(alone, shared, { recursive: true })
  expect(await run(['import', '--all', '--data', alone])).toMatchObject({ code: 0, stderr: '' })
  // None of them finds an index: all want to make it.
  const imports = [1, 2].map(async () => run(['import', '--all', '--data', shared, '--json']))
  let isDone = false
  const asking = (async () => {
    const answers = []
    while (!isDone || answers.length < 3) {
      answers.push(
        await run(['query', 'sql', 'SELECT count(*) AS n FROM events', '--data', shared]),
      )
    }
    return answers
  })()
  const imported = await Promise.all(imports)
  isDone = true
  const answers = await asking
  for (const { code, stderr } of [...imported, ...answers]) {
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  }
  expect(allRows(join(shared, 'index.db'))).toEqual(allRows(join(alone, 'index.db')))
})
