import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** The reference bot as a process of its own; what it records goes nowhere. */
async function bot(
  args: readonly string[],
  onLine?: (line: string, end: (signal: NodeJS.Signals) => void) => void,
): Promise<Ended> {
  const child = spawn(process.execPath, ['src/bot/main.ts', ...args], {
    env: {
      ...process.env,
      OTEL_TRACES_EXPORTER: 'none',
      OTEL_LOGS_EXPORTER: 'none',
      OTEL_METRICS_EXPORTER: 'none',
      NO_COLOR: '1',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let [stdout, stderr] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
    onLine?.(text, (signal) => child.kill(signal))
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, stdout, stderr }
}

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fillpath-bot-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

test('[X39] --json prints one object on stdout and the lines on stderr; the same seed, the same result', async () => {
  const run = (): Promise<Ended> =>
    bot(['--speed', 'max', '--duration', '10s', '--seed', '7', '--json'])
  const [one, again] = await Promise.all([run(), run()])
  expect([one.code, again.code]).toEqual([0, 0])
  const [summary, other] = [one, again].map(
    ({ stdout }) => JSON.parse(stdout) as Record<string, unknown>,
  )
  const { examples, ...rest } = summary!
  expect(rest).toMatchObject({
    market: 'synthetic BTC/USDT',
    seed: '7',
    faults: 'lively',
    candle_ms: 250,
  })
  expect(rest['signals']).toBeGreaterThan(0)
  expect({ ...other, examples }).toEqual(summary)
  expect(one.stderr).toContain('signal.detected')
})

test('[X39] --stop-venue names the venues that there are', async () => {
  const { code, stderr } = await bot(['--stop-venue', 'okx@5s'])
  expect(code).toBe(2)
  expect(stderr).toContain("--stop-venue names 'okx': this market has paper-a (first orders)")
  expect(stderr).toContain('paper-b (hedges)')
})

test('without --json: lines as they come, then a summary with flows to read', async () => {
  const { code, stdout } = await bot(['--speed', 'max', '--duration', '15s', '--faults', 'none'])
  expect(code).toBe(0)
  expect(stdout).toMatch(/^synthetic BTC\/USDT; faults none, speed max, run \w+/m)
  expect(stdout).toContain('signal.detected')
  expect(stdout).toMatch(/ {2}flows {3}\d+ signals: /)
  expect(stdout).toMatch(/ {2}result {2}[+-]?\d+\.\d\d USDT/)
  expect(stdout).toMatch(/ {2}npx fillpath trace [0-9a-f]{32} {3}\w+/)
})

test.each([
  ['SIGTERM', 143],
  ['SIGINT', 130],
] as const)(
  '%s closes what is open, prints the summary, and exits with %s',
  async (signal, code) => {
    let isSent = false
    const ended = await bot(['--duration', '10m', '--speed', '5'], (text, kill) => {
      if (isSent || !text.includes('position.opened')) return
      isSent = true
      kill(signal)
    })
    expect(ended.code).toBe(code)
    expect(ended.stdout).toContain(`shutdown.reason=${signal}`)
    expect(ended.stdout).toContain('The bot is done.')
  },
)

describe('[X39] bad input is said plainly', () => {
  test.each([
    ['--speed fast', "bot: --speed is 'fast': give a number above 0, or max"],
    ['--market no-such-file.csv', 'bot: no-such-file.csv: cannot be read: ENOENT'],
    ['--market package.json', 'bot: package.json:1: unknown columns'],
  ])('%s: exit 2 and one line of reason', async (line, message) => {
    const { code, stdout, stderr } = await bot(line.split(' '))
    expect(code).toBe(2)
    expect(stdout).toBe('')
    expect(stderr.startsWith(message)).toBe(true)
    expect(stderr).not.toContain('    at ')
  })

  test('a recording with bad lines is played, the first few said and all counted', async () => {
    const path = join(folder, 'BTCUSDT-trades.csv')
    const rows = Array.from({ length: 600 }, (_, index) => {
      const timeMs = 1_700_000_000_000 + index * 100
      const price = 40_000 + Math.round(Math.sin(index / 9) * 300) / 10
      return index % 50 === 7
        ? `${timeMs},${index},oops,1,true`
        : `${timeMs},${index},${price},0.5,${index % 2 === 0}`
    })
    await writeFile(path, `time,trade_id,price,quantity,is_buyer_maker\n${rows.join('\n')}\n`)
    const { code, stdout, stderr } = await bot(['--market', path, '--speed', 'max', '--json'])
    expect(code).toBe(0)
    expect(stderr).toContain(`${path}:9: price is 'oops', not a number; left out`)
    expect(stderr).toContain('further bad lines are only counted')
    expect(JSON.parse(stdout)).toMatchObject({ lines_left_out: 12, candle_ms: 1000 })
  })

  test('a recording without trades is played, with a word that no signals will come', async () => {
    const path = join(folder, 'quotes.csv')
    await writeFile(
      path,
      'time,bid,bid_quantity,ask,ask_quantity\n1700000000000,99,1,101,1\n1700000001000,99,1,101,1\n',
    )
    const { code, stdout, stderr } = await bot(['--market', path, '--speed', 'max', '--json'])
    expect(code).toBe(0)
    expect(stderr).toContain('holds no trades')
    expect(JSON.parse(stdout)).toMatchObject({ signals: 0, flows: {} })
  })
})
