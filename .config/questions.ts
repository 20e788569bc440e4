// What `npm run questions` does: writes docs/questions.md from the recorded run.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { questionsPage } from '../test/life/questions/page.ts'

const { page, answers } = questionsPage()
writeFileSync(join(import.meta.dirname, '../docs/questions.md'), page)
const failed = answers.filter(({ code }) => code !== 0)
for (const { command, code, stderr } of failed)
  process.stderr.write(`${command}\n  ended with ${code}: ${stderr}\n`)
process.exitCode = failed.length === 0 ? 0 : 1
