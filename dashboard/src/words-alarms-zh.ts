// 简体中文: what a machine announces, by its name in ISO/IEEE 11073-10101; in English the server has the words
// (telemetry/alarms.py, and a test holds both to the same names). Any other name stands as the machine sent it.
import type { Words } from "./words";

export const chineseAlarms: Words["alarms"] = {
  MDC_EVT_ALARM: "报警",
  MDC_EVT_HI: "高于机器限值",
  MDC_EVT_LO: "低于机器限值",
  MDC_EVT_SELFTEST_FAILURE: "自检失败",
  MDC_EVT_HDIALY_ANTICOAG_STOP: "抗凝泵停止",
  MDC_EVT_HDIALY_ANTICOAG_SYRINGE_EMPTY: "注射器已空",
  MDC_EVT_HDIALY_ANTICOAG_SYRINGE_SIZE: "注射器规格不符",
  MDC_EVT_HDIALY_BLD_PUMP_STOP: "血泵停止",
  MDC_EVT_HDIALY_BLOOD_LEAK: "漏血",
  MDC_EVT_HDIALY_RF_EXCESS_DELIV: "置换液过多",
  MDC_EVT_HDIALY_RF_INSUFF_DELIV: "置换液不足",
  MDC_EVT_HDIALY_RF_BOLUS: "置换液推注",
  MDC_EVT_HDIALY_SAFETY_ART_AIR_DETECT: "动脉端空气",
  MDC_EVT_HDIALY_SAFETY_DIALYSATE_AIR_DETECT: "透析液中有空气",
  MDC_EVT_HDIALY_SAFETY_DIALYSATE_COMPOSITION: "透析液成分异常",
  MDC_EVT_HDIALY_SAFETY_SYSTEM_GENERAL: "机器系统报警",
  MDC_EVT_HDIALY_SAFETY_VEN_ACCESS: "静脉通路脱落",
  MDC_EVT_HDIALY_SAFETY_VEN_AIR_DETECT: "静脉端空气",
  MDC_EVT_HDIALY_SAFETY_WETNESS_DETECT_ALERT: "检测到渗漏",
  MDC_EVT_HDIALY_SAFETY_WETNESS_DETECT_ERROR: "渗漏检测器故障",
  MDC_EVT_HDIALY_THERAPY_PAT_TX_GENERAL: "治疗报警",
  MDC_EVT_HDIALY_THERAPY_TX_END_TIME: "治疗时间已到",
  MDC_EVT_HDIALY_UF_LO: "超滤过少",
  MDC_EVT_HDIALY_UF_NEG: "负超滤",
  MDC_EVT_HDIALY_UF_RATE_RANGE: "超滤率超出范围",
  MDC_EVT_HDIALY_UF_GOAL_MET: "已达超滤目标",
};
