import {
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  mkdirSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { ROOT_CONTEXT } from '@opentelemetry/api'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { consoleSink } from '../../../src/probe/log/console.ts'
import type { Entry } from '../../../src/probe/log/entry.ts'
import { fileSink } from '../../../src/probe/log/file.ts'
import { logger } from '../../../src/probe/log/logger.ts'
import { logLevel, setLogLevel, setSink } from '../../../src/probe/log/sinks.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fillpath-log-'))
})
afterEach(() => {
  setSink('file', undefined)
  rmSync(folder, { recursive: true, force: true })
})

class Memory extends Writable {
  text = ''
  override _write(chunk: Buffer, _encoding: string, next: () => void): void {
    this.text += String(chunk)
    next()
  }
}

const error: Entry = {
  time: [1, 0],
  severity: 17,
  level: 'error',
  module: 'm',
  event: '',
  message: 'now',
  data: {},
  span: undefined,
  traceId: '',
}

/** What is written to stderr from now on, instead of being shown. */
function captureStderr(): { lines(): string[]; [Symbol.dispose](): void } {
  const write = process.stderr.write.bind(process.stderr)
  let text = ''
  process.stderr.write = (chunk: string | Uint8Array) => {
    text += String(chunk)
    return true
  }
  return {
    lines: () => text.split('\n').filter(Boolean),
    [Symbol.dispose]() {
      process.stderr.write = write
    },
  }
}

describe('console and file', () => {
  test('[A10, A12] each sink has its own level and form', () => {
    const [people, machines] = [new Memory(), new Memory()]
    setSink('console', consoleSink({ stream: people }))
    setSink('file', consoleSink({ stream: machines, format: 'json' }))
    setLogLevel('console', 'warn')
    setLogLevel('file', 'debug')
    const log = logger('sinks')
    log.debug('fine')
    log.warn('careful')
    expect(people.text).toMatch(/^\d\d:\d\d:\d\d\.\d{3} WARN {2}sinks careful\n$/)
    expect(
      machines.text
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).message),
    ).toEqual(['fine', 'careful'])
    setLogLevel('console', 'off')
    log.error('quiet')
    expect(people.text).not.toContain('quiet')
  })

  test('a level or a sink that there is not is refused with what there is', () => {
    const messages = [
      [
        () => setLogLevel('console', 'debgug' as never),
        'is "debgug", which is no level. Did you mean "debug"',
      ],
      [
        () => setLogLevel('console', undefined as never),
        'the level of the console log is undefined',
      ],
      [
        () => setLogLevel('konsole' as never, 'info'),
        '"konsole" is no log. Did you mean "console"',
      ],
      [() => logLevel('stdout' as never), '"stdout" is no log'],
    ] as const
    for (const [call, message] of messages) {
      expect(call).toThrow(
        expect.objectContaining({
          code: 'setting_invalid',
          message: expect.stringContaining(message),
        }),
      )
    }
  })

  test('[C07] from a level on lines go to stderr alone, and the others to stdout alone', () => {
    const [out, err] = [new Memory(), new Memory()]
    const streams = { stream: out, errorStream: err }
    setSink('console', consoleSink({ ...streams, stderrLevel: 'warn' }))
    setLogLevel('console', 'info')
    const log = logger('sinks')
    log.info('fine')
    log.warn('careful')
    log.error('broken')
    expect(out.text).toMatch(/^\S+ INFO {2}sinks fine\n$/)
    expect(err.text).toMatch(/^\S+ WARN {2}sinks careful\n\S+ ERROR sinks broken\n/)
    setSink('console', consoleSink(streams))
    log.error('as before')
    expect(out.text).toContain('as before')
    expect(err.text).not.toContain('as before')
  })

  test('[B46, C33] secrets are gone before the console, too', () => {
    const people = new Memory()
    setSink('console', consoleSink({ stream: people }))
    setLogLevel('console', 'info')
    logger('sinks').info('signed with secret=abcdef1234567890abcdef', {
      headers: { 'X-MBX-APIKEY': 'k'.repeat(64) },
      orderId: '8812345678',
    })
    expect(people.text).not.toContain('kkkk')
    expect(people.text).not.toContain('abcdef1234567890abcdef')
    expect(people.text).toContain('8812345678')
  })

  test.each([
    [{}, true],
    [{ NO_COLOR: '1' }, false],
    [{ NO_COLOR: '' }, true],
    [{ TERM: 'dumb' }, false],
    [{ FORCE_COLOR: '0' }, false],
    [{ NO_COLOR: '1', FORCE_COLOR: '1' }, true],
  ])('[A11] on a terminal with %j colour is %s', (env, isColoured) => {
    for (const name of ['NO_COLOR', 'FORCE_COLOR', 'TERM']) vi.stubEnv(name, undefined)
    for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value)
    const terminal = Object.assign(new Memory(), { isTTY: true })
    consoleSink({ stream: terminal }).write(error, ROOT_CONTEXT)
    expect(terminal.text.includes('\u001b[')).toBe(isColoured)
    vi.unstubAllEnvs()
  })

  test('a console whose pipe is closed does not throw', async () => {
    const broken = new Writable({
      write: (_chunk, _encoding, next) =>
        next(Object.assign(new Error('EPIPE'), { code: 'EPIPE' })),
    })
    const sink = consoleSink({ stream: broken })
    expect(() => {
      sink.write(error, ROOT_CONTEXT)
      sink.write(error, ROOT_CONTEXT)
    }).not.toThrow()
    // An error event that nobody listens to would end the test run here.
    await new Promise((resolve) => setImmediate(resolve))
    expect(broken.destroyed).toBe(true)
  })
})

describe('a log file', () => {
  test('is appended to, a turn of the event loop at a time, in a folder that is made', async () => {
    const path = join(folder, 'deep', 'bot.log')
    mkdirSync(join(folder, 'deep'))
    writeFileSync(path, 'before\n')
    setSink('file', fileSink({ path, format: 'human' }))
    setLogLevel('file', 'debug')
    logger('file').info('one')
    logger('file').debug('two')
    expect(readFileSync(path, 'utf8')).toBe('before\n')
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)))
    const lines = readFileSync(path, 'utf8').split('\n')
    expect(lines[0]).toBe('before')
    expect(lines[1]).toMatch(/INFO {2}file one$/)
    expect(lines[2]).toMatch(/DEBUG file two$/)
  })

  test('an error is in the file when the call returns, with what waits before it', () => {
    const path = join(folder, 'bot.jsonl')
    setSink('file', fileSink({ path }))
    setLogLevel('file', 'debug')
    logger('file').info('first')
    logger('file').error('second')
    const lines = readFileSync(path, 'utf8').trim().split('\n')
    expect(lines.map((line) => JSON.parse(line).message)).toEqual(['first', 'second'])
    expect(statSync(path).mode & 0o777).toBe(0o600)
  })

  test('a file that cannot be written is said once, and is written again when it can', async () => {
    const path = join(folder, 'logs', 'bot.jsonl')
    // A file where the folder should be: opening fails, as it does for root too.
    writeFileSync(join(folder, 'logs'), '')
    const sink = fileSink({ path })
    using stderr = captureStderr()
    sink.write(error, ROOT_CONTEXT)
    sink.write({ ...error, message: 'later' }, ROOT_CONTEXT)
    expect(stderr.lines()).toEqual([expect.stringContaining(path)])
    renameSync(join(folder, 'logs'), join(folder, 'gone'))
    await vi.waitFor(() => expect(stderr.lines()).toHaveLength(2), { timeout: 60_000 })
    expect(stderr.lines()[1]).toContain('can be written again')
    const messages = readFileSync(path, 'utf8').trim().split('\n')
    expect(messages.map((line) => JSON.parse(line).message)).toEqual(['now', 'later'])
    sink.close?.()
  })

  test('on a full disk the bot goes on, and the file holds whole lines only', () => {
    const sink = fileSink({ path: '/dev/full' })
    using stderr = captureStderr()
    for (let index = 0; index < 100; index += 1) sink.write(error, ROOT_CONTEXT)
    expect(stderr.lines()).toEqual([
      expect.stringMatching(/cannot write the log file \/dev\/full: ENOSPC/),
    ])
    sink.close?.()
  })
})
