/** docs/trouble.md: each of its commands in the situation of its heading, and what it says there. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { situations } from './trouble/situations.ts'

const page = readFileSync('docs/trouble.md', 'utf8')
const [, ...sections] = page.split(/^## /m)
const titleOf = (section: string): string => section.slice(0, section.indexOf('\n'))

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fillpath-trouble-'))
  mkdirSync(join(folder, 'fillpath-data'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

interface Shown {
  readonly command: string
  readonly output: readonly string[]
}

/** The commands of a section, with what the page says that they print. */
function shownIn(section: string): Shown[] {
  const blocks = [...section.matchAll(/^```console\n(.*?)^```/gms)].map(([, block = '']) => block)
  return blocks
    .flatMap((block) => block.split(/^\$ /m).slice(1))
    .map((text) => {
      const [command = '', ...output] = text.trimEnd().split('\n')
      return { command, output }
    })
}

async function run(command: string): Promise<string> {
  const words = [...command.matchAll(/"([^"]*)"|(\S+)/g)].map(
    ([, text, bare]) => text ?? bare ?? '',
  )
  expect(words.shift()).toBe('fillpath')
  const own = Object.entries(process.env).filter(
    ([name]) => !/^(?:FILLPATH_|OTEL_|FORCE_COLOR|NO_COLOR|COLUMNS|VITEST|TZ$)/.test(name),
  )
  const child = spawn(process.execPath, [join(process.cwd(), 'src/cli.ts'), ...words], {
    cwd: folder,
    env: { ...Object.fromEntries(own), NO_COLOR: '1', COLUMNS: '160', TZ: 'UTC' },
  })
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (chunk) => (stdout += String(chunk)))
  child.stderr.on('data', (chunk) => (stderr += String(chunk)))
  await once(child, 'close')
  return stdout + stderr
}

/** A line of `…` stands for any lines, `…` within a line for any text, blanks for as many as there are. */
function patternOf(output: readonly string[]): RegExp {
  const lines = output.map((line) =>
    line === '…'
      ? '(?:.*\n)*?'
      : `${line
          .trimEnd()
          .split('…')
          .map((part) =>
            part.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`).replaceAll(/ +/g, ' +'),
          )
          .join('.*')} *\n`,
  )
  return new RegExp(`^${lines.join('')}$`)
}

describe('docs/trouble.md', () => {
  test('[C31] speaks of every situation, and of no other', () => {
    expect(sections.map(titleOf)).toEqual(Object.keys(situations))
    expect(readFileSync('README.md', 'utf8').includes('](docs/trouble.md)')).toBe(true)
  })

  test.each(sections.map((section) => [titleOf(section), section] as const))(
    '[C31] %s: the commands say what the page says',
    async (title, section) => {
      const shown = shownIn(section)
      expect(shown.length).toBeGreaterThan(0)
      const { ports = new Map<string, string>(), end } = (await situations[title]?.(folder)) ?? {}
      try {
        for (const { command, output } of shown) {
          let text = command
          for (const [port, stands] of ports) text = text.replace(port, stands)
          let said = await run(text)
          for (const [port, stands] of ports) said = said.replaceAll(stands, port)
          expect(said, `$ ${command}`).toMatch(patternOf(output))
        }
      } finally {
        await end?.()
      }
    },
  )
})
