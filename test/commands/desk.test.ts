import { closeSync, existsSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createServer } from 'node:net'
import { once } from 'node:events'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Folder } from '../archive/records.ts'
import { json, logsJson, send } from '../desk/collector/senders.ts'
import { Running, run } from './cli.ts'

let folder: Folder
beforeEach(() => {
  folder = new Folder()
})
afterEach(() => {
  folder.remove()
})

const free = ['--http-port', '0', '--grpc-port', '0']

async function started(
  options: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): Promise<{ readonly desk: Running; readonly http: number; readonly grpc: number }> {
  const desk = new Running(['desk', '--json', '--data', folder.path, ...free, ...options], env)
  await desk.says('"started"')
  const { ports } = JSON.parse(desk.stdout.split('\n')[0] ?? '')
  return { desk, ...ports }
}

describe('fillpath desk', () => {
  test('[X39] says where it listens, keeps what it is sent, and says what it kept when it is told to end', async () => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      const { desk, http } = await started()
      expect((await send(http, { headers: json, body: logsJson('a', 'b') })).status).toBe(200)
      const ended = desk.ended()
      desk.child.kill(signal)
      const { code, stdout, stderr } = await ended
      expect([code, stderr]).toEqual([0, ''])
      expect(JSON.parse(stdout.split('\n')[1] ?? '')).toMatchObject({
        event: 'stopped',
        reason: signal,
        logs: 2,
        requests: 1,
      })
    }
    // Of two days, where midnight came between the two desks.
    const paths = Object.keys(folder.files()).filter((each) => /events_\d+\.jsonl$/.test(each))
    expect(paths.flatMap((path) => folder.lines(path))).toHaveLength(4)
    expect(Object.keys(folder.files())).not.toContain('desk.lock')
  })

  test('tells people where to look', async () => {
    const desk = new Running(['desk', '--data', folder.path, ...free])
    await desk.says('Ctrl-C')
    expect(desk.stdout).toContain('OTLP/HTTP  http://127.0.0.1:')
    expect(desk.stdout).toContain(`files      ${folder.path}`)
    expect(desk.stdout).toContain(`npx fillpath tail --data ${folder.path} `)
    const { stdout } = await desk.interrupted()
    expect(stdout).toContain('kept 0 log records, 0 spans, 0 metric points')
    expect(stdout).not.toContain('\u001b')
  })

  test('takes its settings from the environment, and the token from nowhere else', async () => {
    const { desk, http } = await started([], { FILLPATH_DESK_TOKEN: 'open-sesame' })
    expect((await send(http, { headers: json, body: logsJson('a') })).status).toBe(401)
    const headers = { ...json, authorization: 'Bearer open-sesame' }
    expect((await send(http, { headers, body: logsJson('a') })).status).toBe(200)
    await desk.interrupted()
    const short = await run(['desk', '--data', folder.path, ...free], {
      FILLPATH_DESK_TOKEN: 'secret',
    })
    expect(short.code).toBe(2)
    expect(short.stderr).toContain('FILLPATH_DESK_TOKEN is a text of 6 characters (not shown)')
  })

  test('says who has the folder, and who has the port, and ends with 1', async () => {
    const { desk } = await started()
    const second = await run(['desk', '--data', folder.path, ...free])
    expect(second.code).toBe(1)
    expect(second.stderr).toContain(`is used by process ${desk.child.pid}`)
    expect(second.stderr).toContain('[folder_in_use]')
    await desk.interrupted()
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    const port = typeof address === 'object' ? String(address?.port) : ''
    const taken = await run([
      'desk',
      '--data',
      folder.path,
      '--http-port',
      port,
      '--grpc-port',
      '0',
    ])
    server.close()
    expect(taken.code).toBe(1)
    expect(taken.stderr).toContain(`port ${port} on 127.0.0.1 is taken by`)
    expect(taken.stderr).toContain('--http-port or FILLPATH_DESK_HTTP_PORT')
    // The folder was let go: the next desk may have it.
    await (await started()).desk.interrupted()
  })

  test('warns when anyone on the network may write to it', async () => {
    const { desk } = await started(['--host', '0.0.0.0'])
    await desk.interrupted()
    expect(desk.stderr).toContain('FILLPATH_DESK_TOKEN')
  })

  test('refuses what it cannot use, with all that is wrong, and ends with 2', async () => {
    const wrong = await run(['desk', '--http-port', '99999', '--body-max', 'huge'], {
      FILLPATH_DESK_DURABLE: 'perhaps',
    })
    expect(wrong.code).toBe(2)
    expect(wrong.stderr).toContain('option --http-port is "99999"')
    expect(wrong.stderr).toContain('option --body-max is "huge"')
    expect(wrong.stderr).toContain('environment variable FILLPATH_DESK_DURABLE is "perhaps"')
    const zone = await run(['desk', '--data', folder.path, ...free, '--time-zone', 'Mars/Olympus'])
    expect(zone.code).toBe(2)
    expect(zone.stderr).toContain('"Mars/Olympus" is not a time zone')
    const category = ['--categories', 'hedges: level=warn; trouble: level=loud']
    const own = await run(['desk', '--data', folder.path, ...free, ...category])
    expect(own.code).toBe(2)
    expect(own.stderr).toContain('--categories (FILLPATH_CATEGORIES): category "hedges" is there')
    expect(own.stderr).toContain('category "trouble" has the level "loud"; allowed are trace')
  })

  test('names a variable that is nearly one of its own, and starts', async () => {
    const { desk } = await started([], { FILLPATH_DESK_HTTPPORT: '9' })
    const { code, stderr } = await desk.interrupted()
    expect(code).toBe(0)
    expect(stderr).toContain('FILLPATH_DESK_HTTPPORT is not known and was not read. Did you mean')
    expect(stderr).toContain('FILLPATH_DESK_HTTP_PORT')
  })

  test.skipIf(!existsSync('/dev/full'))(
    'goes on when its notes cannot be written: the disk of its log is full',
    async () => {
      const full = openSync('/dev/full', 'w')
      const desk = new Running(
        ['desk', '--json', '--data', folder.path, ...free],
        {
          FILLPATH_DESK_HTTPPORT: '9',
        },
        full,
      )
      await desk.says('"started"')
      closeSync(full)
      const { ports } = JSON.parse(desk.stdout.split('\n')[0] ?? '')
      expect((await send(ports.http, { headers: json, body: logsJson('a') })).status).toBe(200)
      const { code, stdout } = await desk.interrupted()
      expect(code).toBe(0)
      expect(stdout).toContain('"logs":1')
    },
  )

  test('[A13, A19] keeps files of categories of the user beside its own', async () => {
    const { desk, http } = await started([], { FILLPATH_CATEGORIES: 'b-lines: level=trace id=b*' })
    const attributes = [{ key: 'id', value: { stringValue: 'b1' } }]
    const logRecords = [
      { body: { stringValue: 'a' }, severityNumber: 9 },
      { body: { stringValue: 'b' }, severityNumber: 9, attributes },
    ]
    const body = JSON.stringify({ resourceLogs: [{ scopeLogs: [{ logRecords }] }] })
    expect((await send(http, { headers: json, body: Buffer.from(body) })).status).toBe(200)
    await desk.interrupted()
    const path = Object.keys(folder.files()).find((each) => each.startsWith('categories/b-lines_'))
    expect(folder.lines(path ?? '').map((line) => JSON.parse(line).message)).toEqual(['b'])
  })
})

describe('the command line', () => {
  test('explains itself, and knows what was meant', async () => {
    const help = await run(['--help'])
    expect(help.code).toBe(0)
    for (const verb of ['desk', 'trace', 'tail', 'demo']) expect(help.stdout).toContain(verb)
    for (const verb of ['desk', 'trace', 'tail', 'demo']) {
      const own = await run([verb, '--help'])
      expect([own.code, own.stderr]).toEqual([0, ''])
      expect(own.stdout).toContain('Examples:')
      expect(own.stdout).toContain('--json')
    }
    const typo = await run(['trase', 'x'])
    expect(typo.code).toBe(2)
    expect(typo.stderr).toContain('Did you mean trace?')
    expect((await run(['tail', '--lvel', 'warn'])).stderr).toContain('Did you mean --level?')
    expect((await run(['trace'])).code).toBe(2)
    const within = await run(['query', 'orders', '--vnue', 'x'])
    expect([within.code, within.stderr]).toEqual([
      2,
      "fillpath: unknown option '--vnue'. Did you mean --venue? [usage]\n  Try --help.\n",
    ])
    const told = await run(['query', 'orders', '--vnue', 'x', '--json'])
    expect([told.code, JSON.parse(told.stderr)]).toMatchObject([2, { error: { code: 'usage' } }])
    const bare = await run(['query'])
    expect([bare.code, bare.stderr]).toEqual([2, expect.stringContaining('Commands:')])
    expect((await run([])).code).toBe(0)
  })

  test.skipIf(!existsSync('/dev/full'))(
    '[X39] ends with 1 and a sentence when its output cannot be written',
    async () => {
      const full = openSync('/dev/full', 'w')
      const { code, stderr } = await new Running(['--help'], {}, 'pipe', full).ended()
      closeSync(full)
      expect(code).toBe(1)
      expect(stderr).toMatch(
        /^fillpath: the output cannot be written: ENOSPC.* \[output_unwritable\]\n {2}/,
      )
    },
  )

  test('[X39] tells of a folder that cannot be read as what it is, not as a fault of its own', async () => {
    writeFileSync(join(folder.path, 'logs'), 'no folder')
    for (const args of [
      ['query', 'runs'],
      ['tail', '--no-follow'],
      ['trace', 'x'],
    ]) {
      const { code, stdout, stderr } = await run([...args, '--data', folder.path])
      expect([code, stdout]).toEqual([1, ''])
      expect(stderr).toMatch(
        /logs cannot be used: ENOTDIR.* \[file_unusable\]\n {2}Check its owner/,
      )
    }
  })

  test('[X39] says whose files they are to who may not read them', async () => {
    // Nothing is forbidden to root, who may run this: the system's answer to others, at the call itself.
    const refusing = `
      import fs from 'node:fs/promises'
      import { syncBuiltinESMExports } from 'node:module'
      fs.readdir = async (path) => {
        const message = \`EACCES: permission denied, scandir '\${path}'\`
        throw Object.assign(new Error(message), { code: 'EACCES', syscall: 'scandir', path })
      }
      syncBuiltinESMExports()`
    const preload = `--import data:text/javascript,${encodeURIComponent(refusing)}`
    const query = ['query', 'runs', '--data', folder.path]
    const { code, stderr } = await run(query, { NODE_OPTIONS: preload })
    expect(code).toBe(1)
    expect(stderr).toMatch(/EACCES.* \[file_unusable\]\n {2}Ask with the account that wrote it/)
  })

  test('says which version it is, and shows defaults in their units', async () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8'))
    expect(await run(['--version'])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' })
    expect((await run(['trace', '--help'])).stdout).toContain('FILLPATH_STACK_LOOK_BACK, else 30d)')
    expect((await run(['desk', '--help'])).stdout).toContain('FILLPATH_FILE_MAX, else 256MiB)')
  })
})
