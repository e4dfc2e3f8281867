// Checks CSAF documents against the schema and the mandatory tests of the standard.
// node validate.mjs FOLDER FILE...: FOLDER is where package.json was installed. Prints a JSON array,
// one result a file.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

const [folder, ...files] = process.argv.slice(2)
const library = join(folder, 'node_modules', '@secvisogram', 'csaf-validator-lib')
const load = (name) => import(pathToFileURL(join(library, name)).href)

const { default: validate } = await load('validate.js')
const { csaf_2_0_strict: schema } = await load('schemaTests.js')
const mandatory = Object.values(await load('mandatoryTests.js'))

const results = []
for (const file of files) {
  const document = JSON.parse(readFileSync(file, 'utf8'))
  const { isValid, tests } = await validate([schema, ...mandatory], document)
  const errors = tests.flatMap(({ name, errors }) =>
    errors.map(({ instancePath, message }) => `${name} ${instancePath}: ${message}`),
  )
  results.push({ isValid, tests: tests.map(({ name }) => name), errors })
}
console.log(JSON.stringify(results))
