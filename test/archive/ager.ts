/** Run as a process of its own: applies the age of files to the folder of argv[2], as if a month had passed. */
import { applyAge } from '../../src/archive/age.ts'

process.stdout.write('begins\n')
await applyAge(process.argv[2] ?? '', {
  nowMs: Date.parse('2026-12-21T00:00:00Z'),
  timeZone: 'UTC',
  archiveAfterDays: 7,
  deleteAfterDays: 0,
  exclusively: async (work) => work(),
})
