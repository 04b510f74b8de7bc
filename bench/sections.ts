import { describeCalls, measureCalls } from "./calls.js";
import { describeClientSize, measureClientSize } from "./client-size.js";
import { describeCold, measureCold } from "./cold.js";
import { describeWhileComparing, measureWhileComparing } from "./comparing.js";
import { describeConcurrency, measureConcurrency } from "./concurrency.js";
import { describeConsumerTypes, measureConsumerTypes } from "./consumer-types.js";
import { describeJudge, measureJudge } from "./judge.js";
import { describeMemory, measureMemory } from "./memory.js";
import { describeOverload, measureOverload } from "./overload.js";
import { describePage, measurePage } from "./page.js";
import { describePickUp, measurePickUp } from "./pick-up.js";
import { section } from "./section.js";
import { describeSoak } from "./soak/course.js";
import { measureSoak } from "./soak.js";
import { describeStartUp, measureStartUp } from "./start-up.js";

/** All that is measured, by name, in its order. */
export const SECTIONS = {
  // First, while the heap is small.
  judge: section(({ progress }) => measureJudge(progress), describeJudge),
  calls: section(measureCalls, describeCalls),
  tasks: section(
    ({ closers, progress }) => measurePickUp(closers, progress),
    (pickUps) => pickUps.map(describePickUp).join("\n"),
  ),
  comparing: section(measureWhileComparing, describeWhileComparing),
  cold: section(measureCold, describeCold),
  concurrency: section(measureConcurrency, describeConcurrency),
  overload: section(measureOverload, describeOverload),
  memory: section(measureMemory, describeMemory),
  soak: section(measureSoak, describeSoak),
  start: section(measureStartUp, describeStartUp),
  types: section(measureConsumerTypes, describeConsumerTypes),
  client: section(({ progress }) => measureClientSize(progress), describeClientSize),
  page: section(({ closers, progress }) => measurePage(closers, progress), describePage),
};

export type SectionName = keyof typeof SECTIONS;
/** Measured only where they are named: they take many minutes. */
export const LONG_SECTIONS: readonly SectionName[] = ["memory", "soak"];
export const SECTION_NAMES = Object.keys(SECTIONS) as SectionName[];
