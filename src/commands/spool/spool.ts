import { Command } from 'commander'
import { catCommand } from './cat.ts'
import { drainCommand } from './drain.ts'
import { lsCommand } from './ls.ts'
import { quarantineCommand } from './quarantine.ts'
import { verifyCommand } from './verify.ts'
import type { Output } from '../output.ts'
import type { ExitCode } from '../exit-code.ts'

const examples = `
The spool is where a bot keeps its records until a receiver has them. All of these read the folder of a running bot or
of a dead one.

Examples:
  $ fillpath status                 is all well, and what waits?
  $ fillpath spool ls               the files
  $ fillpath spool cat              the records
  $ fillpath spool verify           is every record whole?
  $ fillpath spool drain            send what a dead bot left
  $ fillpath spool quarantine       what was refused, and why`

/** `fillpath spool`: look into a spool. */
export function spoolCommand(output: Output, end: (code: ExitCode) => void): Command {
  const group = new Command('spool')
    .description('look into the spool of a running or dead bot, check it, send what it left')
    .addHelpText('after', examples)
  for (const make of [lsCommand, catCommand, verifyCommand, drainCommand, quarantineCommand]) {
    group.addCommand(make(output, end))
  }
  return group
}
