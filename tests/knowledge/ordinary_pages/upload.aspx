<%@ Page Language="C#" %>
<script runat="server">
    protected void Save_Click(object sender, EventArgs e)
    {
        if (!attachment.HasFile) return;
        string name = Guid.NewGuid().ToString("N") + Path.GetExtension(attachment.FileName);
        attachment.SaveAs(Server.MapPath("~/App_Data/uploads/") + name);
        status.Text = "Saved " + Server.HtmlEncode(Request.Form["comment"]);
    }
</script>
<form runat="server"><asp:FileUpload ID="attachment" runat="server"/><asp:Button OnClick="Save_Click" runat="server"/><asp:Label ID="status" runat="server"/></form>
