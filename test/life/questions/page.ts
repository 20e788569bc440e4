/**
 * docs/questions.md: each question of the documents that asked for this, the command that answers it, and its output on
 * a recorded run of the reference bot. `npm run questions` writes the page, a test runs the commands and compares.
 */
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { chainSuffix, chained } from '../../../src/archive/chain.ts'
import { chapters } from './chapters.ts'
import type { Chapter, Question } from './chapters.ts'

const root = join(import.meta.dirname, '../../..')
const fixtures = join(root, 'test/fixtures/questions')
const columns = 120
const lineCharsMax = 160

/** The folder that the page asks: the recorded run as a desk keeps it, and old logs beside it. */
export function layOut(): string {
  const folder = mkdtempSync(join(tmpdir(), 'fillpath-questions-'))
  const data = join(folder, 'fillpath-data')
  for (const [name, path] of [
    ['events', 'logs/events_20260115.jsonl'],
    ['spans', 'traces/spans_20260115.jsonl'],
  ] as const) {
    mkdirSync(join(data, path, '..'), { recursive: true })
    const text = gunzipSync(readFileSync(join(fixtures, `${name}.jsonl.gz`))).toString()
    writeFileSync(join(data, path), text)
    writeFileSync(join(data, `${path}${chainSuffix}`), chainText(text))
  }
  cpSync(join(fixtures, 'old-logs'), join(folder, 'old-logs'), { recursive: true })
  return folder
}

/** The chain of hashes that a desk writes beside its first file. */
function chainText(text: string): string {
  const header = 'fillpath-chain 1 - -'
  let head = chained('', header)
  const hashes = text
    .split('\n')
    .slice(0, -1)
    .map((line) => (head = chained(head, line)))
  return `${[header, ...hashes].join('\n')}\n`
}

/** How a command of the page ended, and what it wrote. */
export interface Answered {
  readonly command: string
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** The page, and how each of its commands ended. */
export function questionsPage(): { readonly page: string; readonly answers: readonly Answered[] } {
  const folder = layOut()
  const answers: Answered[] = []
  try {
    const ask = (command: string): Answered => {
      const answered = run(folder, command)
      answers.push(answered)
      return answered
    }
    const parts = chapters.map((chapter) => chapterText(chapter, ask))
    return { page: `${intro}\n${parts.join('\n')}`, answers }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const intro = `# Questions and answers

Each question of the people who asked for this, with the command that answers it and what it says. The output is real: it
comes from a recorded run of the reference bot (seed 3, twenty seconds of a synthetic market at two paper venues that fail
now and then), and a test runs every command. \`npm run questions\` writes this page.

The commands read \`./fillpath-data\`; another folder is said with \`--data\` or \`FILLPATH_DATA\`. \`--json\` and \`--csv\` work on
every \`query\`, so do \`--from\`, \`--to\`, \`--days 7\`, \`--date\`, \`--task\`, \`--correlation\`, \`--symbol\`, \`--venue\`,
\`--strategy\` and \`--limit\`. Times are UTC unless \`--time-zone\` says otherwise.
`

function chapterText({ title, questions }: Chapter, ask: (command: string) => Answered): string {
  return `## ${title}\n\n${questions.map((question) => questionText(question, ask)).join('\n')}`
}

function questionText(question: Question, ask: (command: string) => Answered): string {
  const { title, note, commands, code } = question
  const said = note === undefined ? '' : `${note}\n\n`
  const shown = commands.map((command) => {
    const { stdout } = ask(command)
    return `\`\`\`console\n$ ${command}\n${shortened(stdout, question.linesMax)}\`\`\`\n`
  })
  const example = code === undefined ? '' : `\`\`\`ts\n${code.trim()}\n\`\`\`\n`
  return `### ${title}\n\n${said}${[...shown, ...(example === '' ? [] : [example])].join('\n')}`
}

const linesDefault = 24

function shortened(text: string, linesMax = linesDefault): string {
  const lines = text
    .split('\n')
    .slice(0, -1)
    .map((line) =>
      (line.length > lineCharsMax ? `${line.slice(0, lineCharsMax)}…` : line).trimEnd(),
    )
  const kept = lines.length <= linesMax + 1 ? lines : lines.slice(0, linesMax)
  const left = lines.length - kept.length
  return `${[...kept, ...(left > 0 ? [`… ${left} more lines`] : [])].join('\n')}\n`
}

function run(folder: string, command: string): Answered {
  const words = [...command.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(
    ([, single, double, bare]) => single ?? double ?? bare ?? '',
  )
  const own = Object.entries(process.env).filter(
    ([name]) => !/^(?:FILLPATH_|OTEL_|FORCE_COLOR|NO_COLOR|COLUMNS|VITEST|TZ$)/.test(name),
  )
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(root, 'src/cli.ts'), ...words.slice(1)],
    {
      cwd: folder,
      encoding: 'utf8',
      env: { ...Object.fromEntries(own), NO_COLOR: '1', COLUMNS: String(columns), TZ: 'UTC' },
    },
  )
  return { command, code: status, stdout: stdout.replaceAll(folder, '.'), stderr }
}
