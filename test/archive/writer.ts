/** Run as a process of its own: writes numbered records into the folder of argv[2] for ever, and says what was kept. */
import { openArchive } from '../../src/archive/archive.ts'
import { log } from './records.ts'

const archive = await openArchive({ folder: process.argv[2] ?? '', timeZone: 'UTC' })
for (let kept = 0; ; kept += 20) {
  const records = Array.from({ length: 20 }, (_, index) =>
    log(String(kept + index), { pad: 'x'.repeat(2_000) }),
  )
  await archive.write(records)
  process.stdout.write(`${kept + 20}\n`)
}
