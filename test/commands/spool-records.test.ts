import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { decodeLine, encodeLine } from '../../src/wire/line.ts'
import { Stage, refusing, until } from '../ship-stage.ts'
import { run } from './cli.ts'
import { nowhere, startBot } from './spool-bot.ts'
import type { WireRecord } from '../../src/wire/record.ts'

let stage: Stage
let folder: string
beforeEach(() => {
  stage = new Stage()
  folder = mkdtempSync(join(tmpdir(), 'fillpath-records-'))
})
afterEach(async () => {
  await stage.close()
  rmSync(folder, { recursive: true, force: true })
})

async function cat(...options: string[]): Promise<WireRecord[]> {
  const { stdout, stderr, code } = await run(['spool', 'cat', ...options, '--json'])
  expect([code, stderr]).toEqual([0, ''])
  const lines = stdout.split('\n').slice(0, -1)
  for (const line of lines) expect(encodeLine(decodeLine(line))).toBe(line)
  return lines.map(decodeLine)
}

function textOf(record: WireRecord): unknown {
  return record.signal === 'log' ? record.body : record.name
}

/** Damages the record with this text. */
function spoil(path: string, text: string): void {
  const bytes = readFileSync(path)
  const at = bytes.indexOf(text)
  expect(at).toBeGreaterThan(0)
  bytes[at] = 0
  writeFileSync(path, bytes)
}

describe('fillpath spool cat', () => {
  test('[X40, X39] shows every record of a running bot once, in the order in which they were recorded', async () => {
    const texts = [
      ...stage.emit(300),
      ...stage.emit(20, { class: 'critical' }),
      ...stage.emit(10, { signal: 'span' }),
      ...stage.emit(10, { class: 'snapshot' }),
      ...stage.emit(5, { signal: 'metric' }),
      ...stage.emit(300, { class: 'critical' }),
    ]
    expect(stage.segments().length).toBeGreaterThan(4)
    expect((await cat('--spool', stage.folder)).map(textOf)).toEqual(texts)
  })

  test('[X39] filters by class and signal, and reads a single segment file', async () => {
    const critical = stage.emit(3, { class: 'critical' })
    const spans = stage.emit(4, { signal: 'span' })
    stage.emit(5)
    await stage.closeSpool()
    expect((await cat(stage.folder, '--class', 'critical')).map(textOf)).toEqual(critical)
    expect((await cat(stage.folder, '--signal', 'span')).map(textOf)).toEqual(spans)
    const segment = stage.segments().find((name) => name.includes('critical')) ?? ''
    const copy = join(folder, 'copy-of-a-segment')
    writeFileSync(copy, readFileSync(join(stage.folder, segment)))
    expect((await cat(copy)).map(textOf)).toEqual(critical)
    const wrong = await run(['spool', 'cat', stage.folder, '--class', 'urgent'])
    expect(wrong.code).toBe(2)
    expect(wrong.stderr).toContain('Allowed choices are critical, normal, snapshot')
    const none = await run(['spool', 'cat', stage.folder, '--class', 'snapshot'])
    expect([none.code, none.stdout]).toEqual([1, ''])
  })

  test('[X40] reads what a killed bot recorded, with its resource, scope and stack', async () => {
    const bot = await startBot(folder, nowhere)
    await bot.kill()
    const records = await cat(folder)
    const orders = records.filter(
      (record) =>
        record.signal === 'log' &&
        /^order \d/.test(typeof record.body === 'string' ? record.body : ''),
    )
    expect(orders.map(textOf)).toEqual(Array.from({ length: 20 }, (_, number) => `order ${number}`))
    for (const { resource, scope } of orders) {
      expect(resource.attributes.get('service.name')).toBe('spool-bot')
      expect(scope.name).toBe('bot.orders')
    }
    const { code, stdout } = await run(['spool', 'cat', folder])
    expect(code).toBe(0)
    expect(stdout).toMatch(/INFO {2}bot\.orders order 7 number=7/)
    expect(stdout).toMatch(/ERROR bot\.orders it went wrong.*\n {4}Error: boom\n/)
    expect(stdout).toMatch(/SPAN {2}bot place order [\d.]+ ms/)
  })

  test('[X40] shows what stands around a damaged place, and ends with 1', async () => {
    const texts = stage.emit(9)
    await stage.closeSpool()
    const [segment = ''] = stage.segments()
    const path = join(stage.folder, segment)
    spoil(path, texts[4] ?? '')
    const { code, stdout, stderr } = await run(['spool', 'cat', stage.folder, '--json'])
    expect(code).toBe(1)
    const shown = stdout.split('\n').slice(0, -1).map(decodeLine).map(textOf)
    expect(shown).toEqual(texts.filter((_, index) => index !== 4))
    expect(stderr).toContain('1 place cannot be read; "fillpath spool verify" says where')
  })
})

describe('fillpath spool quarantine', () => {
  test('[X40, X39] shows what was refused with its reason, and the record itself', async () => {
    const desk = await stage.desk({ behaviour: refusing((text) => text.includes('poison')) })
    const texts = stage.emit(6, {
      text: (plain) => (/ [24] /.test(plain) ? `poison ${plain}` : plain),
    })
    const shipper = stage.ship([stage.destination(desk)])
    await until(() => stage.quarantine().length === 2)
    await shipper.stop(5000)
    const listed = await run(['spool', 'quarantine', '--spool', stage.folder])
    expect(listed.code).toBe(0)
    expect(listed.stdout.split('\n')).toHaveLength(3)
    expect(listed.stdout).toContain(`refused by ${desk.stub.url}: HTTP 400: this record is poison`)
    expect(listed.stderr).toContain('2 records put aside')
    const shown = await run(['spool', 'quarantine', 'cat', '--spool', stage.folder, '--json'])
    const entries = shown.stdout.split('\n').slice(0, -1)
    expect(entries.map((line) => JSON.parse(line).lines[0].message)).toEqual([texts[2], texts[4]])
    const text = await run(['spool', 'quarantine', 'cat', '--spool', stage.folder])
    expect(text.stdout).toContain(`- ${texts[2]}`)
  })

  test('[X40] shows the bytes of what was damaged', async () => {
    const desk = await stage.desk()
    const texts = stage.emit(3)
    await stage.closeSpool()
    const [segment = ''] = stage.segments()
    spoil(join(stage.folder, segment), texts[1] ?? '')
    const shipper = stage.ship([stage.destination(desk)])
    await until(() => desk.account.received.size === 2)
    await shipper.stop(5000)
    const { code, stdout } = await run(['spool', 'quarantine', 'cat', '--spool', stage.folder])
    expect(code).toBe(0)
    expect(stdout).toMatch(/^1 record {2}damaged {2}normal-00000001\.seg:\d+ of run [0-9a-f]{32}\n/)
    expect(stdout).toContain('that are no record: ')
  })

  test('[X39] says that nothing was put aside, and ends with 2 for another word', async () => {
    stage.emit(1)
    const none = await run(['spool', 'quarantine', '--spool', stage.folder])
    expect([none.code, none.stdout]).toEqual([0, ''])
    expect(none.stderr).toContain('nothing was put aside')
    const wrong = await run(['spool', 'quarantine', 'rm', '--spool', stage.folder])
    expect(wrong.code).toBe(2)
    expect(wrong.stderr).toContain('"rm" is neither ls nor cat')
  })
})
