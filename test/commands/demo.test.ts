import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Folder } from '../archive/records.ts'
import { Running, run } from './cli.ts'

let folder: Folder
beforeEach(() => {
  folder = new Folder()
})
afterEach(() => {
  folder.remove()
})

const quick = ['--speed', 'max', '--duration', '12s', '--http-port', '0', '--grpc-port', '0']

async function demo(...options: string[]): Promise<Awaited<ReturnType<typeof run>>> {
  return run(['demo', '--data', folder.path, ...quick, ...options])
}

describe('fillpath demo', () => {
  test('[X39, A68] trades into a desk of its own, says what happened, and every flow it names can be read', async () => {
    const { code, stdout } = await demo('--json')
    expect(code).toBe(0)
    const summary = JSON.parse(stdout)
    expect(summary).toMatchObject({ folder: folder.path, bot: { seed: '3' } })
    expect(summary.events['trading.signal.detected']).toBe(summary.bot.signals)
    expect(summary.outcomes).toEqual(summary.bot.flows)
    expect(summary.counts.logs).toBeGreaterThan(100)
    expect(summary.examples.length).toBeGreaterThan(1)
    for (const { trace_id: id } of summary.examples) {
      const read = await run(['trace', id, '--data', folder.path])
      expect(read.code).toBe(0)
      expect(read.stdout).toMatch(new RegExp(`^flow ${id} · `))
      expect(read.stdout).not.toContain('still open')
    }
  })

  test('shows the lines of the bot as they come, and what to type next', async () => {
    const { code, stdout, stderr } = await demo()
    expect(code).toBe(0)
    expect(stderr).toContain('signal.detected')
    expect(stdout).toContain('What happened')
    expect(stdout).toMatch(/\d+ signals: \d+ /)
    expect(stdout).toMatch(new RegExp(`npx fillpath trace [0-9a-f]{32} --data ${folder.path}`))
    const [, spool = ''] = /npx fillpath status --spool (\S+)/.exec(stdout) ?? []
    expect(await run(['status', '--spool', spool])).toMatchObject({ code: 0, stderr: '' })
  })

  test('an interrupt that finds the bot still loading is no fault of it', async () => {
    // The bot is ended by the signal before it can listen for it.
    const script = 'process.argv[1]?.includes("/bot/main") && process.kill(process.pid, "SIGINT")'
    const preload = `--import data:text/javascript,${encodeURIComponent(script)}`
    const { code, stderr } = await run(['demo', '--data', folder.path, ...quick], {
      NODE_OPTIONS: preload,
    })
    expect([code, stderr]).toEqual([0, expect.not.stringContaining('[internal]')])
  })

  test('sends to its own desk, whatever the environment says of others', async () => {
    const env = {
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1',
      OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: 'http://127.0.0.1:1/v1/logs',
      OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
      OTEL_SDK_DISABLED: 'true',
    }
    const { code, stdout } = await run(['demo', '--data', folder.path, '--json', ...quick], env)
    expect(code).toBe(0)
    expect(JSON.parse(stdout).counts.logs).toBeGreaterThan(100)
  })

  test('takes free ports when others have its own, and says so', async () => {
    const first = new Running([
      'desk',
      '--json',
      '--data',
      folder.path,
      '--http-port',
      '0',
      '--grpc-port',
      '0',
    ])
    await first.says('"started"')
    const { ports } = JSON.parse(first.stdout.split('\n')[0] ?? '')
    const taken = ['--http-port', String(ports.http), '--grpc-port', String(ports.grpc)]
    const other = new Folder()
    const { code, stderr } = await run([
      'demo',
      '--data',
      other.path,
      ...quick.slice(0, 4),
      ...taken,
    ])
    other.remove()
    await first.interrupted()
    expect(code).toBe(0)
    expect(stderr).toContain(
      `port ${ports.http} on 127.0.0.1 is taken by process ${first.child.pid}`,
    )
    expect(stderr).toContain('takes free ports instead')
  })

  test('keeps the desk until Ctrl-C when it is asked to', async () => {
    const running = new Running(['demo', '--data', folder.path, ...quick, '--keep'])
    await running.says('Read it')
    const tail = await run(['tail', '--no-follow', '--lines', '1', '--data', folder.path])
    expect(tail.code).toBe(0)
    expect(Object.keys(folder.files())).toContain('desk.lock')
    const { code } = await running.interrupted()
    expect(code).toBe(0)
    expect(Object.keys(folder.files())).not.toContain('desk.lock')
  })

  test('hands on what the bot says to a wrong word, and ends with 2', async () => {
    const { code, stderr } = await demo('--speed', 'warp')
    expect(code).toBe(2)
    expect(stderr).toContain("--speed is 'warp'")
    const file = await demo('--market', '/nonexistent/trades.csv')
    expect(file.code).toBe(2)
    expect(file.stderr).toContain('/nonexistent/trades.csv')
  })
})
