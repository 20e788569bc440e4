#!/usr/bin/env node
// Not by its name: an older Node has no `enableCompileCache`, and would end here before it is told why.
import * as nodeModule from 'node:module'

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
if (major < 22 || (major === 22 && minor < 15)) {
  process.stderr.write(
    `fillpath: this is Node ${process.versions.node}; 22.15 or newer is needed [node_too_old]\n` +
      `  It runs from ${process.execPath}. Install a newer one, or put it first on the PATH.\n`,
  )
  process.exitCode = 1
} else {
  // Compiled once, loaded in half the time from then on. Where the folder cannot be written, nothing is said and all works.
  nodeModule.enableCompileCache()
  const { run } = await import('./commands/program.ts')
  process.exitCode = await run(process.argv.slice(2))
}
