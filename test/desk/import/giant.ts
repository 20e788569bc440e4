/** Imports the file and prints what came of it and the most memory that it took: `node giant.ts FILE INDEX`. */
import { importFile, noCounts } from '../../../src/desk/import/import.ts'
import { filesAt } from '../../../src/desk/import/sources.ts'
import { openStore } from '../../../src/desk/store/store.ts'

const [path = '', index = ''] = process.argv.slice(2)
const counts = noCounts()
const reasons: string[] = []
const store = openStore(index)
for (const file of await filesAt(path, '/')) {
  await importFile(store, file, counts, { onBadLine: ({ reason }) => reasons.push(reason) })
}
store.close()
const memoryMiB = process.resourceUsage().maxRSS / 1_024
console.log(JSON.stringify({ ...counts, reasons, memoryMiB }))
