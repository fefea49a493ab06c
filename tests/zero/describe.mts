// Prints what two Zero schemas say, in one form: the one that drizzle-zero makes of ours for Drizzle, and ours for Zero.
import { drizzleZeroConfig } from "drizzle-zero";
import * as drizzle from "./src/drizzle.ts";
import { schema as ours } from "./src/schema.ts";

function described(schema: any) {
  const told: any = {};
  for (const [name, table] of Object.entries<any>(schema.tables)) {
    const columns: any = {};
    for (const [field, column] of Object.entries<any>(table.columns))
      columns[field] = `${column.serverName ?? field} ${column.type}${column.optional ? " optional" : ""}`;
    const relations: any = {};
    for (const [relation, [step]] of Object.entries<any>(schema.relationships[name] ?? {}))
      relations[relation] = `${step.cardinality} ${step.destSchema} ${step.sourceField} ${step.destField}`;
    told[name] = { columns, relations };
  }
  return told;
}

console.log(JSON.stringify({ theirs: described(drizzleZeroConfig(drizzle as any)), ours: described(ours) }));
