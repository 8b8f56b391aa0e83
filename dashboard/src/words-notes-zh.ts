// 简体中文: notes.
import type { Words } from "./words";

export const chineseNotes: Words["notes"] = {
  title: "记录",
  none: "最近三天没有人写过记录。",
  beyond: "这三天的记录多于此处所列；更早的见时间轴。",
  nobody: "本终端当前没有患者，无法书写记录。",
  failed: "未能取得记录，所显示的可能已过时。",
  moment: "所记时刻",
  text: "记录",
  placeholder: "所见、所做或所闻",
  save: "写入记录",
  saving: "正在写入…",
  notSaved: "未写入。",
  never: "记录不可更改；如需更正，请另写一条。",
  correct: "更正",
  correcting: (text) => `替代：“${text}”`,
  cancel: "不更正",
  corrected: "后已更正",
  correction: "更正",
  by: { patient: "患者" },
  kinds: { note: "记录", symptom: "症状", call: "通话" },
  written: (when) => `写于 ${when}`,
};
