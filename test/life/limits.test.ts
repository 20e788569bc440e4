import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { normalize } from '../../src/base/normalize.ts'
import { sizesOf } from '../../src/probe/spool/options.ts'
import { settingTable, spoolTable } from '../../src/probe/telemetry/setting-table.ts'
import { startRecording } from '../../src/probe/telemetry/testing.ts'
import { payloadBytesMax } from '../../src/wire/frame.ts'

const mib = 1024 * 1024

/** A number that a source keeps to itself. */
function ownNumber(file: string, name: string): number {
  const text = readFileSync(`src/probe/spool/${file}`, 'utf8')
  return Number(new RegExp(`const ${name} = (\\d+)`).exec(text)?.[1])
}

const number = (value: number): string => value.toLocaleString('en')

test('[E25] README states the limits that hold, and what is not promised', async () => {
  const readme = readFileSync('README.md', 'utf8').replaceAll(/\s+/g, ' ')
  const { reserveBytes, memoryRecordsMax, memoryBytesMax } = sizesOf({
    folder: 'any',
    quotaBytes: spoolTable.quotaBytes.default,
  })
  const long: unknown = normalize('x'.repeat(100_000))
  const wide: object = Object(normalize(Array.from({ length: 100_000 }, () => 0)))
  const recording = await startRecording()
  recording
    .logger('bot')
    .info('wide', Object.fromEntries(Array.from({ length: 500 }, (_, at) => [`a${at}`, at])))
  const line = recording.logs().find(({ message }) => message === 'wide')
  await recording.shutdown()
  const limits = [
    `${spoolTable.quotaBytes.default / 1024 / mib} GiB on disk (\`${spoolTable.quotaBytes.variables[0]}\`)`,
    `${reserveBytes / mib} MiB of it kept for critical records`,
    `${number(memoryRecordsMax)} records or ${memoryBytesMax / mib} MiB in memory`,
    `${payloadBytesMax / mib} MiB a record`,
    // The text ends with the mark of what was cut.
    `${number(Math.ceil(String(long).length / 1024) * 1024)} characters a text`,
    `${number(Object.keys(wide).length)} values a line`,
    `${Object.keys(line?.attributes ?? {}).length} attributes a record or span`,
    `a quarantine of ${ownNumber('reader.ts', 'quarantineBytesMaxDefault')} MiB`,
    `the manifests of ${ownNumber('manifest.ts', 'manifestsMax')} runs`,
    `${settingTable.shutdownTimeoutMs.default / 1000} s to stop (\`${settingTable.shutdownTimeoutMs.variables[0]}\`)`,
    `(every ${spoolTable.syncIntervalMs.default} ms by default`,
  ]
  expect(limits.filter((limit) => !readme.includes(limit))).toEqual([])
  expect(readme).toMatch(/Not promised: .*fitness as the only record for tax or compliance/)
})
