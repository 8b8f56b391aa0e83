// 简体中文: treatments that are over.
import type { Words } from "./words";

export const chineseTreatments: Words["treatments"] = {
  title: "治疗记录",
  back: "实时",
  none: "本终端还没有记录到该患者的治疗。",
  others: (count) => `本终端上其他患者的 ${count} 次治疗未显示。`,
  beyond: "还有比这些更早的治疗。",
  earlier: "显示更早的",
  courses: "各次治疗的变化",
  began: "开始",
  ended: "结束",
  goesOn: "进行中",
  interruptions: (count) => `中断 ${count} 次`,
  unseen: (time) => `${time} 小时无数据`,
  notComputed: "尚未计算",
  notCurrent: "有迟到的读数：将重新计算",
  ends: {
    "said by the machine": "已结束",
    derived: "已结束（推断）",
    "machine lost": "透析机失联",
    "next treatment began": "下一次治疗已开始",
    "clock limit": "此后无数据",
  },
  measures: {
    treated: "治疗时间",
    removed: "脱水量",
    spktv: "Kt/V（单室）",
    blood_flow: "血流量",
    venous_pressure: "静脉压",
    arterial_pressure: "动脉压",
    systolic: "收缩压",
    weight_before: "透前体重",
    weight_after: "透后体重",
  },
};
